package certificate_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/internal/certificate"
)

const digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

var issued = time.Date(2026, time.March, 3, 9, 30, 15, 0, time.UTC)

// issuer returns an issuer with a key of its own, and where the key is.
func issuer(t *testing.T) (*certificate.Issuer, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "signing-keys.json")
	keys, _, err := certificate.CreateKeysIfMissing(path)
	require.NoError(t, err)
	return &certificate.Issuer{URL: "https://koko.example.nrw", Name: "Kommunales Konfliktmanagement Nordrhein-Westfalen", Keys: keys}, path
}

// passed returns a certificate as it is usually issued.
func passed() certificate.Certificate {
	c := certificate.Certificate{
		Kind: certificate.KindCertificate, Code: "K7Q2-M3XW-9TRA-VB4E", Number: "KOKO-2026-0007",
		Holder: "Dr. Jürgen Weiß-Öztürk", Title: "Konfliktmanager:in im kommunalen Konfliktmanagement",
		Text:      "hat die Qualifizierung zum kommunalen Konfliktmanagement vollständig durchlaufen, ein eigenes Konzept für die Kommune erarbeitet und es im Kolloquium vor zwei Prüfenden vertreten.",
		Certifier: "Landeszentrum für kommunales Konfliktmanagement, Düsseldorf", Issued: issued,
		Curriculum: "koko", Version: 1, Evidence: digest, StatusIndex: 7,
		Requirements: []string{"eigenes KMS-Konzept: angenommen", "zwei begleitete Fälle in der Praxis", "Kolloquium vor zwei Prüfenden: bestanden"},
	}
	for n, title := range []string{"Grundlagen des Konfliktmanagements", "Konfliktanalyse in der Kommune", "Gesprächsführung und Haltung", "Recht und Verfahren"} {
		c.Modules = append(c.Modules, certificate.Module{Title: title, Minutes: 450 + 60*n, Online: n%2 == 1, Outcomes: []string{
			"Die Teilnehmenden erkennen Konfliktdynamiken früh und ordnen sie ein.",
			"Sie wählen ein Verfahren, das zu den Beteiligten passt, und begründen ihre Wahl.",
		}})
		c.Minutes += 450 + 60*n
	}
	return c
}

// attended returns a confirmation of attendance.
func attended() certificate.Certificate {
	c := passed()
	c.Kind, c.Number, c.Code = certificate.KindConfirmation, "KOKO-2026-0008", "ZX7Q-M3XW-9TRA-VB4F"
	c.Text, c.Requirements, c.Modules = "hat an den folgenden Modulen teilgenommen.", nil, c.Modules[:2]
	c.Minutes = 960
	return c
}

// long returns a certificate on which everything is as long as it may be.
func long() certificate.Certificate {
	c := passed()
	c.Holder = strings.Repeat("Maria-Magdalena Şükûfe Grzegżółka-Nguyễn ", 4) + "Donaudampfschifffahrtsgesellschaft"
	c.Title = strings.Repeat("Qualifizierung zur Konfliktmanagementfachkraft im kommunalen Konfliktmanagement ", 3)
	c.Text = strings.Repeat("Die Qualifizierung umfasste Theorie, Praxis und Reflexion in mehreren Abschnitten und wurde vollständig abgeschlossen. ", 30)
	c.Certifier = strings.Repeat("Landeszentrum für kommunales Konfliktmanagement ", 4)
	c.Supersedes = "KOKO-2025-0003"
	c.Modules, c.Minutes = nil, 0
	for n := range 12 {
		m := certificate.Module{Title: fmt.Sprintf("Modul %d: %s", n+1, strings.Repeat("Deeskalation und Verständigung ", n)), Minutes: 480 + n, Online: n%3 == 0}
		for k := range 4 + n {
			m.Outcomes = append(m.Outcomes, fmt.Sprintf("Ergebnis %d-%d: %s", n+1, k+1, strings.Repeat("Die Teilnehmenden wenden das Gelernte sicher an. ", k%4+1)))
		}
		c.Modules, c.Minutes = append(c.Modules, m), c.Minutes+m.Minutes
	}
	return c
}

func transcript() certificate.Transcript {
	t := certificate.Transcript{
		Holder: "Thị Ngọc Ánh Nguyễn-Łukasiewicz", Curriculum: "koko", Version: 1, AsOf: issued, Minutes: 3120, Required: 5760,
		Practice: []certificate.Practice{
			{Title: "Begleitung eines Falls im Quartier Nord", Status: "bestätigt am 2. Februar 2026"},
			{Title: "Eigenes KMS-Konzept", Status: "eingereicht am 20. Februar 2026"},
		},
		Attempts: []certificate.Attempt{{Title: "Kolloquium", Date: "1. März 2026"}, {Title: "Kolloquium (Wiederholung)", Date: "3. März 2026", Passed: true}},
		Missing:  []string{"Modul Recht und Verfahren: 4 Std. 30 Min.", "Annahme des KMS-Konzepts"},
	}
	for n := range 12 {
		t.Units = append(t.Units, certificate.Unit{Title: fmt.Sprintf("Einheit %d: Grundlagen und Vertiefung der Verständigung", n+1), Dates: "3. und 4. März 2026", Attended: 450, Minutes: 480, Status: "anerkannt"})
	}
	return t
}
