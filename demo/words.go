package demo

// All names are made up. They are unlike words of a log line, so that a test
// can look for them there.
var (
	familyNames = []string{"Quillfeather", "Marrowby", "Tannerlish", "Ostrandell", "Pemberquist", "Wickhollow", "Dunlarkin", "Faircastel", "Grenholme", "Harrowgale",
		"Inglethorne", "Juniperro", "Kestrelby", "Larkmoore", "Mossgrave", "Nettlefold", "Oakenshaw", "Penhallick", "Quarryman", "Rookwendel",
		"Silverbeck", "Thistlewood", "Umberfield", "Vellacotte", "Windlesham", "Yarrowdale", "Zellenby", "Ashgrovel", "Brambleton", "Copperfennel"}
	counties   = []string{"Farrowmere", "Alderwick", "Birchvale", "Cedarholt", "Elmbourne"}
	givenNames = []string{"Aurelio", "Brielle", "Cassian", "Delphina", "Emeric", "Fiorella", "Gideon", "Honora", "Isandro", "Jessamy",
		"Kelvino", "Liorah", "Matteus", "Nerissa", "Oberon", "Philippa", "Quentina", "Rosalind", "Severin", "Tamsina",
		"Ulyssea", "Valentia", "Wendeline", "Xiomara", "Yevandel", "Zephyrin"}
	elderNames = []string{"Adelheid", "Bartolome", "Clementine", "Dorothea", "Evaristo", "Florimond", "Griselda", "Hortensia", "Ignatius", "Josephina",
		"Kasimir", "Leocadia", "Montague", "Nicolette", "Ottoline"}
	coordinatorGiven  = []string{"Imogen", "Lucasta", "Odette", "Simeon", "Priya", "Tobias", "Maren", "Rafael", "Greta", "Julian", "Noor", "Estherin", "Dmitri"}
	coordinatorFamily = []string{"Farwether", "Brindlemoor", "Carraway", "Thackerly", "Wendholm", "Elmsgate", "Hollowayne", "Stonecipher", "Vandermoss", "Ashcombe", "Fennimore", "Pallworth", "Larkhall"}
	supervisorNames   = []string{"Augusta Merriden", "Bertram Coldwell", "Celestine Amherst", "Desmond Yardley", "Eulalia Finch"}
	clinicianNames    = []string{"Beatrix Hollingway", "Cornelius Marsh", "Daniela Quist", "Edmund Fairley", "Felicia Thornbury"}
)

// theme is a care plan in words: what is strong, what is needed, what the team
// works towards.
type theme struct {
	title, strength, natural       string
	domain, need, diagnosis, goal  string
	second, secondNeed, secondGoal string
	family, youth, sign, first     string
}

var themes = []theme{
	{"Evenings at home", "Cooks for the whole family on Sundays", "Grandmother lives close and is calm", "emotional", "A way to come down when angry", "F91.3", "Uses the coping plan four evenings of five",
		"school", "Feeling safe on the way to school", "Attends every school day", "We want evenings without shouting.", "I want to stay at my school.", "Goes quiet, paces, slams doors", "Give ten minutes alone with music"},
	{"Back to school", "Reads everything about animals", "The coach keeps a place in the team", "school", "Mornings without panic", "F41.1", "Enters the classroom by nine, four days a week",
		"social", "One friend outside the home", "Meets a friend once a week", "She should not lose another year.", "I want to help at the shelter.", "Stomach aches on Sunday evening", "Walk around the block with the dog"},
	{"Sleep and strength", "Draws comics and sells them", "The neighbor opens his workshop", "health", "Sleeping through the night", "F43.10", "Sleeps six hours, five nights a week",
		"family", "Quiet time with each parent", "One hour alone with each parent a week", "We are all so tired.", "Nobody should wake me at night to check.", "Does not sleep, avoids windows", "Light on, door open, soft voice"},
	{"A place that stays", "Keeps every promise to the little brother", "The aunt has a room", "residence", "Staying in one home", "F94.1", "Stays with the aunt through the school year",
		"safety", "Knowing whom to call", "Calls one of three people before leaving", "No more moves.", "I want my own key.", "Packs a bag, turns the phone off", "Call the aunt, then the coordinator"},
	{"Hands and head", "Repairs bicycles", "The youth group meets on Fridays", "fun", "Something to do after school", "F90.2", "Works in the bicycle shop twice a week",
		"daily-living", "Getting up without a fight", "Gets up by the alarm, four days of five", "He is kind when he is busy.", "Let me earn money.", "Cannot sit, argues about small things", "Give him something to carry or repair"},
}
