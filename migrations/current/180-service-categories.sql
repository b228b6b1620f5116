-- Service categories that every installation starts with.
insert into public.service_categories (name, slug, description, icon, display_order)
values
  ('Massage', 'massage', 'Relaxing and therapeutic body massage by trained therapists.', 'spa', 1),
  ('Facial & Skin Care', 'facial', 'Clean-ups, facials and peels for every skin type.', 'face', 2),
  ('Hair', 'hair', 'Cuts, colour, styling, hair spa and smoothening.', 'content_cut', 3),
  ('Nails', 'nails', 'Manicure, pedicure, gel polish and nail extensions.', 'back_hand', 4),
  ('Body Treatments', 'body-treatments', 'Scrubs, wraps and polishes for soft, even skin.', 'bathtub', 5),
  ('Ayurveda', 'ayurveda', 'Traditional therapies with medicated oils and herbs.', 'eco', 6),
  ('Makeup & Bridal', 'makeup-bridal', 'Party and bridal makeup, draping and mehndi.', 'brush', 7),
  ('Waxing & Threading', 'waxing-threading', 'Hair removal with wax, and eyebrow shaping with thread.', 'auto_fix_high', 8),
  ('Men''s Grooming', 'mens-grooming', 'Haircut, beard, shave, facial and massage for men.', 'face_6', 9),
  ('Wellness & Yoga', 'wellness-yoga', 'Yoga, meditation and breathing, alone or in a group.', 'self_improvement', 10);
