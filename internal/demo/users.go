// Package demo holds the invented municipalities' users. Nothing in it is a real person.
package demo

import (
	"slices"

	"github.com/google/uuid"

	"koko/domain/ags"
)

// Password is the password of every demo user. It is only ever checked by the embedded
// provider, which a production installation does not have.
const Password = "koko-demo"

const admin = "admin"

// A User is a person who can log in to the demonstration.
type User struct {
	Login string
	Name  string
	// Subject is the identity's opaque key: the only thing about a person that may enter a
	// workflow history, a log line or an audit entry.
	Subject string
	Role    string
	Title   string // the role's German name
	Areas   []ags.Key
}

// subjects is the namespace of the demo users' subjects. Changing it orphans every grant and
// audit entry of an existing data folder.
var subjects = uuid.MustParse("6d1f0c5e-0b5b-5c0a-9a0e-05999001c0c0")

// A place is a municipality or district with its staff, one name for each of the seats, and those who
// take part in the certification or carry it out, or advise.
type place struct {
	suffix   string
	areas    []ags.Key
	names    [len(seats)]string
	training []learner
}

// A learner has a part in the certification, or in advice.
type learner struct {
	prefix, role, name string
	at                 ags.Key // of the place's municipalities, the one that employs them; empty: all
}

// titles are the German names of the roles in the certification and in advice.
var titles = map[string]string{
	"coordinator": "Kurskoordination", "certifier": "Zertifizierungsstelle", "trainer": "Trainer:in", "assessor": "Prüfer:in",
	"line_manager": "Führungskraft", "trainee": "Teilnehmer:in",
	"adviser": "Berater:in", "advice_coordinator": "Beratungskoordination",
}

// The second conflict manager is there because a review needs another pair of eyes.
var seats = [...]struct{ prefix, role, title string }{
	{"reporter", "reporter", "Meldende Stelle"},
	{"clearing", "clearing", "Clearingstelle"},
	{"caseworker", "caseworker", "Fallbearbeitung"},
	{"conflict_manager", "conflict_manager", "Konfliktmanager:in"},
	{"conflict_manager2", "conflict_manager", "Konfliktmanager:in"},
	{"mediator", "mediator", "Mediator:in (extern)"},
	{"steering", "steering", "Steuerungsgruppe"},
	{"supervisor", "supervisor", "Fachaufsicht"},
	{"evaluation", "evaluation", "Evaluation"},
	{"dpo", "dpo", "Datenschutzbeauftragte:r"},
	{admin, admin, "Rechteverwaltung"},
}

// The district's area is written out: an area is a list of municipalities, never a prefix.
var places = []place{
	{
		suffix: "musterhausen",
		areas:  []ags.Key{"05999001"},
		names: [...]string{
			"Katrin Wellbrock", "Yusuf Özkaner", "Britta Hansmeier", "Nadia El-Tarifi",
			"Jonas Terbeek", "Miriam Rosenthal-Kuhn", "Dr. Ludger Finkemann", "Agnieszka Wronkowa",
			"Tobias Lindqvist", "Heike Brodersen", "Duc Anh Phamlow",
		},
		training: []learner{
			{"linemanager", "line_manager", "Thorsten Bleckwenn-Öhmer", ""},
			{"trainee1", "trainee", "Şirin Yıldızeli", ""},
			{"trainee2", "trainee", "Jörg Mühlbrädt", ""},
			{"trainee3", "trainee", "Aïcha Benmoussaoud", ""},
			{"trainee4", "trainee", "Håkon Sørbylund", ""},
			{"trainee5", "trainee", "Željka Horvatičić", ""},
			{"trainee6", "trainee", "Gülşah Demirbükenoğlu", ""},
		},
	},
	{
		suffix: "neuwerden",
		areas:  []ags.Key{"05999002"},
		names: [...]string{
			"Samuel Adjeibah", "Ulrike Steinkötter", "Leyla Karamanli", "Frank Obermöller",
			"Oksana Hrynchak", "Paolo Venturelli", "Gudrun Asbeck", "Mehmet Saritepe",
			"Johanna Vielhaber", "Rafael Montebello", "Sigrid Quastenberg",
		},
		training: []learner{
			{"linemanager", "line_manager", "Parvaneh Shahbazadi", ""},
			{"trainee1", "trainee", "Łucja Brzezińczuk", ""},
			{"trainee2", "trainee", "Nguyễn Thị Hoa Mailinh", ""},
			{"trainee3", "trainee", "Tadeusz Grzędzielczyk", ""},
			{"trainee4", "trainee", "Mariam Odunsiwala", ""},
			{"trainee5", "trainee", "Ülkü Saraçbaşoğlu", ""},
		},
	},
	{
		suffix: "lankeland",
		areas:  []ags.Key{"05999001", "05999002", "05999003", "05999004", "05999005"},
		names: [...]string{
			"Elif Toprakhan", "Matthias Grünewold", "Zeynep Aksungur", "Christoph Dahlbusch",
			"Amina Diallombe", "Renate Voskuhl", "Dr. Bashir Rahmanzai", "Cornelia Efferoth",
			"Ivana Petrovacka", "Klaus-Dieter Immenkamp", "Selin Yurtdagli",
		},
		training: []learner{
			{"coordinator", "coordinator", "Friederike Hülsenbecker", ""},
			{"certifier", "certifier", "Prof. Dr. Henning Asmussohn", ""},
			{"trainer", "trainer", "Tülay Karagözlüer", ""},
			{"trainer2", "trainer", "Bartholomäus Ringelsteiner", ""},
			{"trainer3", "trainer", "Ève-Marie Kassoubé", ""},
			{"assessor", "assessor", "Dr. Roswitha Pfannkuchner", ""},
			{"assessor2", "assessor", "Nnamdi Okorafuzu", ""},
			{"assessor3", "assessor", "Jadwiga Sosnowczyk", ""},
			{"linemanager", "line_manager", "Gerlinde Überhorster", ""},
			{"trainee1", "trainee", "Björn Östlundson", "05999003"},
			{"trainee2", "trainee", "Ricardo Peñalverdez", "05999004"},
			{"trainee3", "trainee", "Wiebke Großenbrinker", "05999005"},
			{"adviser", "adviser", "Hatice Ulmenstein", ""},
			{"external_adviser", "adviser", "Lorenz Achterkamp", ""},
			{"advice_coordinator", "advice_coordinator", "Mechthild Obasanjowa", ""},
		},
	},
}

// Users returns the demo users of two municipalities and their district, place by place: one for
// every role in conflicts, two conflict managers each, those of the certification, and those who advise.
func Users() []User {
	var users []User
	for _, p := range places {
		add := func(prefix, role, title, name string, areas []ags.Key) {
			login := prefix + "." + p.suffix
			users = append(users, User{
				Login: login, Name: name, Subject: uuid.NewSHA1(subjects, []byte(login)).String(), Role: role, Title: title, Areas: slices.Clone(areas),
			})
		}
		for i, s := range seats {
			add(s.prefix, s.role, s.title, p.names[i], p.areas)
		}
		for _, l := range p.training {
			areas := p.areas
			if l.at != "" {
				areas = []ags.Key{l.at}
			}
			add(l.prefix, l.role, titles[l.role], l.name, areas)
		}
	}
	return users
}

// appointed are the roles that nobody gives alone: those of a place come from whoever installs.
var appointed = []string{admin, "supervisor", "dpo"}

// Appointed returns those whose grants must be there before: the admins, who give all others their roles, and those
// whom no admin appoints alone.
func Appointed() []User {
	return slices.DeleteFunc(Users(), func(u User) bool { return !slices.Contains(appointed, u.Role) })
}

// Find returns the demo user with that login.
func Find(login string) (User, bool) {
	for _, u := range Users() {
		if u.Login == login {
			return u, true
		}
	}
	return User{}, false
}
