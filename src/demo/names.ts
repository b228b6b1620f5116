/**
 * Words of the demo data. A seeded generator picks by position, so changing a list changes the data.
 * First names and surnames are common words to be combined freely; none stands for a real person.
 */

// biome-ignore format: a list of words, filled to the line
export const femaleFirstNames = [
  'Aaradhya', 'Aditi', 'Aishani', 'Akanksha', 'Amrita', 'Ananya', 'Anjali', 'Ankita', 'Aparna',
  'Archana', 'Avni', 'Bhavana', 'Bhavya', 'Chaitra', 'Charvi', 'Deepti', 'Devika', 'Dhanya',
  'Divya', 'Diya', 'Ekta', 'Farah', 'Fatima', 'Gargi', 'Gayatri', 'Geetha', 'Gurpreet', 'Harini',
  'Harleen', 'Heena', 'Ishani', 'Ishita', 'Jahnavi', 'Jasleen', 'Jyoti', 'Kavita', 'Kavya',
  'Keerthana', 'Komal', 'Lakshmi', 'Lalita', 'Lavanya', 'Lekha', 'Malini', 'Mandira', 'Manisha',
  'Meenakshi', 'Meera', 'Megha', 'Mitali', 'Nandini', 'Navneet', 'Neelam', 'Nidhi', 'Nisha',
  'Oindrila', 'Pallavi', 'Payal', 'Poornima', 'Poulomi', 'Prerna', 'Rachana', 'Radhika', 'Reshma',
  'Ritika', 'Roshni', 'Rukmini', 'Sanjana', 'Saumya', 'Shalini', 'Shruti', 'Shubhangi', 'Simran',
  'Sneha', 'Suman', 'Swati', 'Tanvi', 'Triveni', 'Vaishnavi', 'Zeba',
] as const;

// biome-ignore format: a list of words, filled to the line
export const maleFirstNames = [
  'Aarav', 'Abhinav', 'Aditya', 'Advait', 'Akash', 'Alok', 'Aman', 'Anand', 'Aniket', 'Ankur',
  'Arnav', 'Arun', 'Ashwin', 'Atul', 'Bharat', 'Bhaskar', 'Chetan', 'Chirag', 'Darshan', 'Deepak',
  'Dev', 'Dhruv', 'Dushyant', 'Farhan', 'Gagan', 'Ganesh', 'Girish', 'Govind', 'Gurdeep',
  'Harish', 'Harsh', 'Hemant', 'Hitesh', 'Ishaan', 'Jagdish', 'Jayesh', 'Jignesh', 'Joel',
  'Junaid', 'Kabir', 'Karan', 'Keshav', 'Kiran', 'Kunal', 'Lokesh', 'Madhav', 'Mahesh', 'Manoj',
  'Mayank', 'Milind', 'Mitesh', 'Mohit', 'Nakul', 'Neeraj', 'Nikhil', 'Nilesh', 'Omkar', 'Parth',
  'Pranav', 'Prasad', 'Praveen', 'Raghav', 'Rakesh', 'Ramesh', 'Ravi', 'Rishabh', 'Rituraj',
  'Sameer', 'Sandeep', 'Santosh', 'Shreyansh', 'Shubham', 'Subodh', 'Tarun', 'Tejas', 'Uday',
  'Vikas', 'Vinay', 'Vivek', 'Yash',
] as const;

// biome-ignore format: a list of words, filled to the line
export const surnames = [
  'Adhikari', 'Agrahari', 'Ahmed', 'Ansari', 'Asthana', 'Bajaj', 'Bajwa', 'Balakrishnan',
  'Bansal', 'Baruah', 'Basu', 'Bhandari', 'Bhardwaj', 'Bhargava', 'Bhatia', 'Bhattacharya',
  'Bisht', 'Biswas', 'Borthakur', 'Chakraborty', 'Chandra', 'Chatterjee', 'Chaturvedi', 'Chavda',
  'Chawla', 'Chettiar', "D'Souza", 'Dalal', 'Dandekar', 'Das', 'Dasgupta', 'Deka', 'Desai',
  'Deshpande', 'Dhawale', 'Dhillon', 'Dogra', 'Fernandes', 'Gaikwad', 'Garg', 'George', 'Ghosh',
  'Gill', 'Goel', 'Gohain', 'Gokhale', 'Goswami', 'Grewal', 'Guha', 'Gupta', 'Gurung', 'Hebbar',
  'Hussain', 'Iyengar', 'Jain', 'Jha', 'Joseph', 'Kadam', 'Kamath', 'Kaul', 'Khanna', 'Khatri',
  'Krishnan', 'Kulshrestha', 'Lal', 'Lobo', 'Mahajan', 'Mahanta', 'Maheshwari', 'Malik', 'Marar',
  'Mathew', 'Mathur', 'Mishra', 'Mohanty', 'Mondal', 'Mukherjee', 'Murthy', 'Nadkarni', 'Naidu',
  'Nair', 'Nambiar', 'Nanda', 'Narang', 'Nayak', 'Negi', 'Ojha', 'Pai', 'Palkar', 'Panicker',
  'Parmar', 'Pathak', 'Patnaik', 'Pereira', 'Pillai', 'Prabhu', 'Prajapati', 'Qureshi',
  'Raghavan', 'Rajan', 'Raman', 'Rana', 'Rane', 'Rastogi', 'Rathod', 'Rawat', 'Sahu', 'Saikia',
  'Salvi', 'Sandhu', 'Saxena', 'Sethi', 'Shinde', 'Shukla', 'Siddiqui', 'Sodhi', 'Solanki',
  'Soni', 'Srinivasan', 'Subramanian', 'Thakkar', 'Tripathi', 'Trivedi', 'Tyagi', 'Varghese',
  'Varma', 'Venkatesan', 'Vyas', 'Wagh', 'Zaveri',
] as const;

// biome-ignore format: a list of words, filled to the line
/** First half of a business's name; the second is one of the endings of its kind. */
export const businessNames = [
  'Amber Leaf', 'Banyan Court', 'Blue Lotus', 'Chandan Lane', 'Cinnamon House', 'Coral Petal',
  'Dew & Clay', 'Eka Nila', 'Five Lamps', 'Golden Champa', 'Gulmohar', 'Indigo Veil',
  'Ivory Jasmine', 'Jacaranda', 'Kesar Bagh', 'Lemongrass Lane', 'Madhumalti', 'Marigold Yard',
  'Monsoon Tree', 'Moonstone', 'Neem & Honey', 'Nilgiri Mist', 'Oak & Indigo', 'Palash',
  'Parijat', 'Peacock Gate', 'Pearl Anklet', 'Quiet Courtyard', 'Rain & Rose', 'Rajnigandha',
  'Red Cedar', 'Saffron Door', 'Sandal Grove', 'Shanti Kutir', 'Silver Bell', 'Still Water',
  'Sunbird', 'Tamarind', 'Terracotta', 'Tulsi Terrace', 'Vermilion', 'White Heron',
] as const;

export const businessNameEndings = {
  spa: ['Spa', 'Day Spa', 'Wellness Spa', 'Spa & Wellness', 'Thai Spa', 'Ayurveda Spa'],
  salon: ['Salon', 'Hair & Beauty', 'Unisex Salon', 'Beauty Lounge', 'Family Salon', 'Hair Studio'],
  hotel: ['Hotel Spa', 'Resort Spa', 'Residency Spa'],
  home: ['At Home', 'Home Spa', 'Doorstep Beauty'],
} as const;

export type ReviewSentence = {
  /** 1 to 5. */
  readonly rating: number;
  readonly comment: string;
};

export const reviewSentences = [
  { rating: 5, comment: 'Best massage I have had in this city. I slept like a baby that night.' },
  { rating: 5, comment: 'Very clean place, polite staff and no waiting at all. Will come again.' },
  {
    rating: 5,
    comment: 'She understood exactly what I wanted. Everyone at work asked where I got it done.',
  },
  { rating: 5, comment: 'Worth every rupee. My back pain is so much better after one session.' },
  { rating: 5, comment: 'On time, carried everything with her and left my home spotless.' },
  {
    rating: 5,
    comment:
      "Booked for my mother's birthday and she loved it. Thank you for being so gentle with her.",
  },
  {
    rating: 5,
    comment: 'Professional from start to finish. Fresh towels, sealed kits, soft music.',
  },
  { rating: 5, comment: 'My go-to place before every wedding in the family. Never disappointed.' },
  {
    rating: 5,
    comment: 'Pressure was perfect and the oil smelled lovely. Felt light for two days.',
  },
  { rating: 5, comment: 'First time here and I am already a regular. Highly recommended.' },
  {
    rating: 5,
    comment: 'The therapist asked about allergies and injuries before starting. Very reassuring.',
  },
  { rating: 5, comment: 'Ekdum mast experience. Staff is humble and the place is beautiful.' },
  {
    rating: 5,
    comment: 'Got the early morning slot before a flight and they opened on time. Superb service.',
  },
  { rating: 5, comment: 'No upselling, no drama, just good work at a fair price.' },
  {
    rating: 5,
    comment: 'My skin was glowing for the whole week. Friends thought I was on holiday.',
  },
  { rating: 5, comment: 'Easy to book, easy to reschedule, and the service was excellent.' },
  { rating: 5, comment: 'He listened to what hurts and worked on exactly that. Skilled hands.' },
  { rating: 5, comment: 'Hygiene is top class. Everything was unpacked in front of me.' },
  {
    rating: 5,
    comment: 'Gifted this to my wife for our anniversary. She wants the same gift every month now.',
  },
  {
    rating: 5,
    comment: 'Calm place in the middle of a noisy market. One hour felt like a holiday.',
  },
  { rating: 5, comment: 'Very patient with my daughter, who could not sit still. Lovely result.' },
  { rating: 5, comment: 'Same quality every single time. This is my sixth visit.' },
  { rating: 4, comment: 'Very good service. Parking is a bit of a problem on weekends.' },
  {
    rating: 4,
    comment: 'Nice work and friendly staff. Started ten minutes late but made up for it.',
  },
  { rating: 4, comment: 'Good value for money. The room could have been a little warmer.' },
  { rating: 4, comment: 'Happy with the result. The waiting area gets crowded on Sundays.' },
  {
    rating: 4,
    comment: 'Relaxing session, skilled therapist. The music was too loud in the beginning.',
  },
  {
    rating: 4,
    comment: 'Almost perfect. I would have liked slightly more pressure on the shoulders.',
  },
  {
    rating: 4,
    comment:
      'Neat and clean, reasonable prices. The lift was not working, so three floors on foot.',
  },
  {
    rating: 4,
    comment: 'She was well trained and careful. The colour came out a shade darker than I chose.',
  },
  { rating: 4, comment: 'Good experience overall. Please add more evening slots.' },
  {
    rating: 4,
    comment: 'Loved the facial. The offer price should be shown more clearly at the counter.',
  },
  { rating: 4, comment: 'Comfortable and professional. Tea at the end was a nice touch.' },
  {
    rating: 4,
    comment: 'Came home on time with a clean kit. Needed a little more space for the bed.',
  },
  { rating: 4, comment: 'Satisfied. The finish was lovely, only the drying took long.' },
  {
    rating: 4,
    comment: 'Good hands and a good attitude. Four stars because the shower had no hot water.',
  },
  { rating: 3, comment: 'Okay for the price. Nothing special, nothing wrong.' },
  { rating: 3, comment: 'Service was fine but I waited twenty-five minutes despite a booking.' },
  {
    rating: 3,
    comment: 'The massage was good, but the room was next to the reception and not quiet.',
  },
  { rating: 3, comment: 'Average. Last time another therapist did it much better.' },
  { rating: 3, comment: 'Decent result, but they kept asking me to buy products.' },
  { rating: 3, comment: 'Fine, though the hour was closer to fifty minutes.' },
  { rating: 3, comment: 'Staff is polite. The place needs new towels.' },
  { rating: 3, comment: 'It was alright. The air conditioning was not working properly.' },
  { rating: 3, comment: 'The cut is fine, but not quite the photo that I showed.' },
  { rating: 3, comment: 'Good work on the hands, hurried on the feet.' },
  { rating: 2, comment: 'Started half an hour late and finished in a hurry. Expected better.' },
  { rating: 2, comment: 'The polish chipped within three days. Not worth the price.' },
  { rating: 2, comment: 'Therapist was on the phone twice during the session.' },
  { rating: 2, comment: 'Room was not clean when I entered. They did clean it, after I asked.' },
  { rating: 2, comment: 'Too much pressure although I said it hurts. Sore for two days.' },
  { rating: 2, comment: 'The add-on that I paid for was forgotten and I had to remind them.' },
  { rating: 2, comment: 'Could not find the building and no one answered the phone.' },
  { rating: 1, comment: 'No one came for forty minutes and I had to cancel. Very disappointing.' },
  { rating: 1, comment: 'Got a rash after the waxing. The strips did not look fresh.' },
  { rating: 1, comment: 'Rude at the counter when I asked about the bill. Not coming back.' },
  { rating: 1, comment: 'The colour is patchy and they want extra money to correct it.' },
  {
    rating: 1,
    comment: 'Different therapist from the one that I booked, and clearly new to the work.',
  },
  { rating: 1, comment: 'Dirty towels and a broken lock on the changing room. Avoid.' },
  { rating: 1, comment: 'Charged me for an hour and got thirty-five minutes.' },
] as const satisfies readonly ReviewSentence[];

// biome-ignore format: a list of words, filled to the line
/** First line of an address: `{n}` is a house or shop number, `{area}` the name of the area. */
export const streetPatterns = [
  '{n}, Main Road, {area}', '{n}, Station Road, {area}', '{n}, MG Road, {area}',
  '{n}, Ring Road, {area}', '{n}, Temple Street, {area}', '{n}, Park Street, {area}',
  '{n}, Link Road, {area}', '{n}, Lake View Road, {area}', '{n}, Nehru Road, {area}',
  '{n}, Ambedkar Road, {area}', '{n}, Gandhi Road, {area}', '{n}, Tagore Road, {area}',
  '{n}, Subhash Marg, {area}', '{n}, Tilak Road, {area}', '{n}, Patel Marg, {area}',
  '{n}, 1st Cross, {area}', '{n}, 5th Main, {area}', '{n}, 2nd Avenue, {area}',
  '{n}, Sector Road, {area}', '{n}, Market Lane, {area}', 'Shop {n}, Central Market, {area}',
  'Shop {n}, Shopping Centre, {area}', 'Shop {n}, Metro Plaza, {area}',
  'Flat {n}, Ashoka Apartments, {area}', 'Flat {n}, Green Park Residency, {area}',
  'Flat {n}, Sai Krupa Society, {area}', 'Flat {n}, Lotus Towers, {area}',
  'House {n}, Block A, {area}', 'House {n}, Block C, {area}',
  'Plot {n}, Housing Board Colony, {area}', 'Unit {n}, First Floor, City Centre, {area}',
  'Unit {n}, Ground Floor, Arcade, {area}',
] as const;
