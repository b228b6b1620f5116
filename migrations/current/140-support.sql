-- Support: tickets and what is said in them.

create sequence app_private.ticket_numbers;

create function app_private.next_ticket_number() returns text
language sql volatile security definer set search_path = '' as $$
  select app_private.numbered('TKT', nextval('app_private.ticket_numbers'), 6)
$$;
comment on function app_private.next_ticket_number() is 'TKT and at least six digits, never twice.';
grant execute on function app_private.next_ticket_number() to authenticated;

create table public.support_tickets (
  id uuid primary key default gen_random_uuid(),
  ticket_number text not null unique default app_private.next_ticket_number(),
  customer_id uuid references public.customers (id) on delete restrict,
  user_id uuid default auth.uid() references public.user_profiles (id) on delete restrict,
  booking_id uuid references public.bookings (id) on delete set null,
  category text not null references enums.ticket_category,
  priority text not null default 'medium' references enums.ticket_priority,
  subject text not null check (length(trim(subject)) between 1 and 200),
  description text not null check (length(description) between 1 and 5000),
  status text not null default 'open' references enums.ticket_status,
  assigned_to uuid references public.user_profiles (id) on delete set null,
  assigned_at timestamptz,
  resolved_at timestamptz,
  closed_at timestamptz,
  resolution_notes text,
  satisfaction_rating integer constraint support_tickets_satisfaction_range
    check (satisfaction_rating between 1 and 5),
  attachments text[],
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.support_tickets enable row level security;
alter table public.support_tickets
  alter column user_id set (n_distinct = -1), alter column customer_id set (n_distinct = -1);
create index support_tickets_customer_id_idx on public.support_tickets (customer_id);
create index support_tickets_user_id_idx on public.support_tickets (user_id, created_at desc);
create index support_tickets_booking_id_idx on public.support_tickets (booking_id);
create index support_tickets_assigned_to_idx on public.support_tickets (assigned_to, status);
create index support_tickets_status_idx on public.support_tickets (status, created_at desc);
create index support_tickets_created_at_idx on public.support_tickets (created_at desc, id);
create trigger _100_timestamps before insert or update on public.support_tickets
  for each row execute function app_private.tg__timestamps();
comment on table public.support_tickets is
  'Questions and complaints. Opened by anyone signed in, worked on by customer care.';
comment on column public.support_tickets.id is 'Identifies the ticket.';
comment on column public.support_tickets.ticket_number is
  'TKT and at least six digits, given by the platform, for people to quote.';
comment on column public.support_tickets.customer_id is
  'Customer whom it concerns; a trigger fills it when the author is one, else null.';
comment on column public.support_tickets.user_id is 'Person who opened it; null when none did.';
comment on column public.support_tickets.booking_id is
  'Booking that it is about; null when about none.';
comment on column public.support_tickets.category is 'What it is about.';
comment on column public.support_tickets.priority is 'How pressing it is; set by customer care.';
comment on column public.support_tickets.subject is 'One line, up to 200 characters.';
comment on column public.support_tickets.description is
  'What happened, in the author''s words, up to 5000 characters.';
comment on column public.support_tickets.status is 'Where it stands; set by customer care.';
comment on column public.support_tickets.assigned_to is
  'Colleague who works on it; null while nobody does.';
comment on column public.support_tickets.assigned_at is
  'When it was assigned last; null while nobody works on it.';
comment on column public.support_tickets.resolved_at is
  'When it was solved; null until then and again once reopened.';
comment on column public.support_tickets.closed_at is
  'When it was closed; null until then and again once reopened.';
comment on column public.support_tickets.resolution_notes is
  'How it was solved, written by customer care; the author can read it; null until then.';
comment on column public.support_tickets.satisfaction_rating is
  'The author''s stars for the help, 1 to 5, given once it is resolved or closed; null until then.';
comment on column public.support_tickets.attachments is
  'URLs of files that the author added; null without any.';
comment on column public.support_tickets.created_at is 'When the row was made.';
comment on column public.support_tickets.updated_at is 'When the row last changed.';
create policy select_own on public.support_tickets for select to authenticated
  using (user_id = (select auth.uid()) or customer_id = (select auth.uid()));
create policy select_staff on public.support_tickets for select to staff
  using (
    id >= (select app_private.floor_uuid('tickets.read'))
    and created_at >= (select app_private.floor_instant('tickets.read'))
    and status >= (select app_private.floor_text('tickets.read'))
  );
create policy insert_own on public.support_tickets for insert to authenticated
  with check (
    user_id = (select auth.uid())
    and (booking_id is null or exists (select from public.bookings b where b.id = booking_id))
  );
create policy update_own on public.support_tickets for update to authenticated
  using (user_id = (select auth.uid()) and status in ('resolved', 'closed'))
  with check (user_id = (select auth.uid()));
create policy update_staff on public.support_tickets for update to staff
  using ((select app_private.has_permission('tickets.update')))
  with check ((select app_private.has_permission('tickets.update')));
grant select on public.support_tickets to authenticated, staff;
grant insert (booking_id, category, subject, description, attachments),
  update (satisfaction_rating) on public.support_tickets to authenticated;
grant update (category, priority, status, assigned_to, resolution_notes)
  on public.support_tickets to staff;

create function app_private.tg_support_tickets__dates() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    new.customer_id := coalesce(
      new.customer_id, (select c.id from public.customers c where c.id = new.user_id));
    return new;
  end if;
  if new.assigned_to is distinct from old.assigned_to then
    new.assigned_at := case when new.assigned_to is not null then now() end;
  end if;
  if new.status <> old.status then
    if new.status = 'resolved' then new.resolved_at := now(); end if;
    if new.status = 'closed' then new.closed_at := now(); end if;
    if new.status = 'reopened' then
      new.resolved_at := null;
      new.closed_at := null;
    end if;
  end if;
  return new;
end
$$;
comment on function app_private.tg_support_tickets__dates() is
  'Notes when a ticket was assigned, resolved and closed, and whether its author is a customer.';
create trigger _300_dates before insert or update on public.support_tickets
  for each row execute function app_private.tg_support_tickets__dates();

create table public.ticket_messages (
  id uuid primary key default gen_random_uuid(),
  ticket_id uuid not null references public.support_tickets (id) on delete cascade,
  sender_id uuid not null default auth.uid() references public.user_profiles (id) on delete restrict,
  sender_type text not null
    default case when current_user = 'staff' then 'employee' else 'customer' end
    references enums.ticket_sender_type,
  message text not null check (length(trim(message)) between 1 and 5000),
  attachments text[],
  is_internal boolean not null default false,
  created_at timestamptz not null default now()
);
alter table public.ticket_messages enable row level security;
create index ticket_messages_ticket_id_idx on public.ticket_messages (ticket_id, created_at);
create index ticket_messages_sender_id_idx on public.ticket_messages (sender_id);
comment on table public.ticket_messages is
  'What was said in a ticket. Internal messages are seen by customer care alone.';
comment on column public.ticket_messages.id is 'Identifies the message.';
comment on column public.ticket_messages.ticket_id is 'Ticket in which it was written.';
comment on column public.ticket_messages.sender_id is 'Who wrote it.';
comment on column public.ticket_messages.sender_type is
  'From which side it comes; follows from who writes.';
comment on column public.ticket_messages.message is 'What was said, up to 5000 characters.';
comment on column public.ticket_messages.attachments is
  'URLs of files that came with it; null without any.';
comment on column public.ticket_messages.is_internal is 'Whether only customer care sees it.';
comment on column public.ticket_messages.created_at is 'When the row was made.';
create policy select_own on public.ticket_messages for select to authenticated
  using (not is_internal and exists (select from public.support_tickets t where t.id = ticket_id));
create policy select_staff on public.ticket_messages for select to staff
  using (exists (select from public.support_tickets t where t.id = ticket_id));
create policy insert_own on public.ticket_messages for insert to authenticated
  with check (
    sender_id = (select auth.uid())
    and not is_internal
    and exists (select from public.support_tickets t where t.id = ticket_id)
  );
create policy insert_staff on public.ticket_messages for insert to staff
  with check (
    sender_id = (select auth.uid())
    and (select app_private.has_permission('tickets.update'))
    and exists (select from public.support_tickets t where t.id = ticket_id)
  );
grant select on public.ticket_messages to authenticated, staff;
-- Withheld: sender and sender_type, which follow from who writes. Nothing said is unsaid.
grant insert (ticket_id, message, attachments) on public.ticket_messages to authenticated;
grant insert (ticket_id, message, attachments, is_internal) on public.ticket_messages to staff;
