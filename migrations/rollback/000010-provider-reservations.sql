-- Undoes the reservations of providers' time: holds and reservations are removed, bookings stay.

alter table public.therapist_schedules alter column max_bookings set default 5;
alter table public.beautician_schedules alter column max_bookings set default 5;

drop table if exists app_private.provider_reservations, public.booking_holds;
drop function if exists
  app_private.claim_hold(uuid, uuid, integer),
  app_private.reserve_provider(uuid, timestamptz, integer, app_private.place, uuid, uuid, timestamptz),
  app_private.lock_provider(uuid),
  app_private.free_starts(uuid, uuid[], date, date, integer, app_private.place, uuid),
  app_private.working(uuid[], date, date),
  app_private.shift_starts(timestamp, timestamp, tsmultirange, interval, text),
  app_private.clock_instant(timestamp, text),
  app_private.leap_after(timestamp, text),
  app_private.distance_km(numeric, numeric, numeric, numeric),
  app_private.default_daily_maximum(),
  app_private.register_providers();
drop type if exists app_private.place;

drop table if exists public.therapist_services;
drop trigger if exists _500_provider on public.therapists;
drop trigger if exists _500_provider on public.beauticians;
drop function if exists app_private.tg__provider();
drop table if exists public.provider_private_details;
drop function if exists
  app_private.my_vendor_provider_ids(text), app_private.my_provider_ids(),
  app_private.write_provider(uuid, text, text), app_private.person_of(uuid);
drop type if exists app_private.provider_person;
drop table if exists public.providers;
drop table if exists enums.provider_kind, enums.provider_pause;
delete from public.system_settings
where key in ('booking.service_radius_km', 'booking.unknown_travel_minutes');
