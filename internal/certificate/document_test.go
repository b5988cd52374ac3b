package certificate_test

import (
	"bytes"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/stretchr/testify/require"

	"koko/internal/certificate"
)

// poppler runs a program of poppler-utils on a document; DOC and OUT in args stand for files.
func poppler(t *testing.T, document []byte, program string, args ...string) (output, out string) {
	t.Helper()
	path, err := exec.LookPath(program)
	require.NoError(t, err, "%s is missing: install the package poppler-utils", program)
	dir := t.TempDir()
	doc := filepath.Join(dir, "document.pdf")
	require.NoError(t, os.WriteFile(doc, document, 0o600))
	out = filepath.Join(dir, "out")
	for n, a := range args {
		args[n] = strings.NewReplacer("DOC", doc, "OUT", out).Replace(a)
	}
	b, err := exec.Command(path, args...).CombinedOutput()
	require.NoError(t, err, string(b))
	return string(b), out
}

// text returns what a reader would copy from the document, with single spaces.
func text(t *testing.T, document []byte) string {
	t.Helper()
	s, _ := poppler(t, document, "pdftotext", "-enc", "UTF-8", "DOC", "-")
	return strings.Join(strings.Fields(s), " ")
}

func pdf(t *testing.T, c certificate.Certificate) []byte {
	t.Helper()
	i, _ := issuer(t)
	document, err := i.PDF(c)
	require.NoError(t, err)
	return document
}

func TestACertificateSaysWhatTheRegisterSays(t *testing.T) {
	t.Parallel()
	c := passed()
	c.Supersedes = "KOKO-2025-0003"
	s := text(t, pdf(t, c))
	for _, want := range []string{
		"Zertifikat", "Dr. Jürgen Weiß-Öztürk", "Konfliktmanager:in im kommunalen Konfliktmanagement", c.Text,
		"3. März 2026", "Landeszentrum für kommunales Konfliktmanagement, Düsseldorf", "KOKO-2026-0007", "K7Q2-M3XW-9TRA-VB4E", "KOKO-2025-0003",
		"36 Std. in 4 Modulen", "koko, Version 1", "Grundlagen des Konfliktmanagements", "7 Std. 30 Min. in Präsenz", "8 Std. 30 Min. online",
		"Die Teilnehmenden erkennen Konfliktdynamiken früh und ordnen sie ein.", "Kolloquium vor zwei Prüfenden: bestanden",
		digest[:32] + " " + digest[32:], "Seite 1 von 2", "Seite 2 von 2",
		"Dieses Dokument ist ohne Unterschrift gültig; prüfbar unter https://koko.example.nrw/verify/K7Q2-M3XW-9TRA-VB4E",
	} {
		require.Contains(t, s, want)
	}
	require.NotContains(t, s, "weder abgelegt noch bestanden")
	require.NotContains(t, s, "Teilnahmebescheinigung")
}

func TestAConfirmationSaysThatNothingWasPassed(t *testing.T) {
	t.Parallel()
	wordy := attended()
	wordy.Text = long().Text // it does not push the sentence from the first page
	for _, c := range []certificate.Certificate{attended(), wordy} {
		first, _ := poppler(t, pdf(t, c), "pdftotext", "-l", "1", "DOC", "-")
		first = strings.Join(strings.Fields(first), " ")
		require.Contains(t, first, "Teilnahmebescheinigung")
		require.Contains(t, first, "Bescheinigt wird allein die Teilnahme; eine Prüfung ist damit weder abgelegt noch bestanden.")
		require.NotContains(t, text(t, pdf(t, c)), "Zertifikat ")
		require.NotContains(t, text(t, pdf(t, c)), "Erbrachte Leistungen")
	}
}

func TestNamesOfTheWorldCanBeReadBack(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"Ömer Şükrü Yıldırım-Ağaoğlu", "İpek Çağlar", "Zoë Großkreutz-Müller ẞ", "Łucja Żółć-Grzegżółka", "Đorđe Ćirić", "Ștefan Țepeș",
		"Nguyễn Thị Bạch Lê", "Øyvind Åse Þórðarson", "Jiří Žďárský", "Ģirts Ķēniņš", "Γιώργος Παπαδόπουλος", "Олена Їжакевич", "D’Angelo O'Neil",
	} {
		c := passed()
		c.Holder = name
		require.Contains(t, text(t, pdf(t, c)), name)
		require.NoError(t, certificate.Printable(name))
	}
	c := passed()
	c.Holder = "Ju\u0308rgen  O\u0308ztu\u0308rk\u200b"
	require.Contains(t, text(t, pdf(t, c)), "Jürgen Öztürk", "a letter and its mark are one")
}

func TestALetterThatCannotBePrintedIsNamed(t *testing.T) {
	t.Parallel()
	i, _ := issuer(t)
	for _, spoil := range []func(c *certificate.Certificate, s string){
		func(c *certificate.Certificate, s string) { c.Holder = s },
		func(c *certificate.Certificate, s string) { c.Text = s },
		func(c *certificate.Certificate, s string) { c.Modules[0].Outcomes[1] = s },
	} {
		for _, s := range []string{"王小明", "Mod\U0001f600ul", "محمد", "\U00010000"} {
			c := passed()
			spoil(&c, s)
			_, err := i.PDF(c)
			require.ErrorIs(t, err, certificate.ErrGlyph)
			require.ErrorContains(t, err, "U+")
			require.ErrorIs(t, certificate.Printable(s), certificate.ErrGlyph)
		}
	}
}

func TestFontsAreEmbeddedAndOnlyInPart(t *testing.T) {
	t.Parallel()
	i, _ := issuer(t)
	ours, err := i.Transcript(transcript())
	require.NoError(t, err)
	for _, document := range [][]byte{pdf(t, passed()), pdf(t, long()), ours} {
		fonts, _ := poppler(t, document, "pdffonts", "DOC")
		rows := strings.Split(strings.TrimSpace(fonts), "\n")[2:]
		require.NotEmpty(t, rows)
		for _, row := range rows {
			require.Regexp(t, `Identity-H +yes (yes|no ) +yes`, row, "embedded, and with the meaning of its glyphs")
		}
		require.Less(t, len(document), 100_000, "the fonts have 1,4 MB")
	}
}

func TestADocumentSaysItsLanguageTitleAndDate(t *testing.T) {
	t.Parallel()
	document := pdf(t, passed())
	info, _ := poppler(t, document, "pdfinfo", "-rawdates", "DOC")
	require.Regexp(t, `Title: +Zertifikat KOKO-2026-0007: Dr\. Jürgen Weiß-Öztürk\n`, info)
	require.Regexp(t, `Author: +Kommunales Konfliktmanagement Nordrhein-Westfalen\n`, info)
	require.Regexp(t, `CreationDate: +D:20260303093015`, info)
	require.Regexp(t, `ModDate: +D:20260303093015`, info)
	require.Regexp(t, `Page size: .*A4`, info)
	require.Contains(t, string(document), "/Lang (de-DE)")
}

func TestTheDateIsTheOneInGermany(t *testing.T) {
	t.Parallel()
	c := passed()
	c.Issued = time.Date(2026, time.June, 30, 22, 30, 0, 0, time.UTC)
	require.Contains(t, text(t, pdf(t, c)), "1. Juli 2026")
}

func TestTheCodeOnTheFirstPageLeadsToThePublicPage(t *testing.T) {
	t.Parallel()
	for _, c := range []certificate.Certificate{passed(), attended(), long()} {
		_, out := poppler(t, pdf(t, c), "pdftoppm", "-png", "-r", "100", "-singlefile", "DOC", "OUT")
		file, err := os.ReadFile(out + ".png")
		require.NoError(t, err)
		page, err := png.Decode(bytes.NewReader(file))
		require.NoError(t, err)
		bitmap, err := gozxing.NewBinaryBitmapFromImage(page)
		require.NoError(t, err)
		found, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
		require.NoError(t, err)
		require.Equal(t, "https://koko.example.nrw/verify/"+c.Code, found.GetText())
	}
}

func TestMuchTextFlowsOverPagesAndStaysWithinThem(t *testing.T) {
	t.Parallel()
	i, _ := issuer(t)
	wordy := transcript()
	wordy.Holder = long().Holder[:180]
	for n := range wordy.Units {
		wordy.Units[n].Title = strings.Repeat("Konfliktmanagementqualifizierungsmaßnahme ", n*n)
	}
	wordy.Missing = []string{strings.Repeat("Praxis ", 500)}
	list, err := i.Transcript(wordy)
	require.NoError(t, err)
	unbroken := long()
	unbroken.Holder, unbroken.Title = strings.Repeat("W", 200), strings.Repeat("Ö", 300)
	unbroken.Modules[0].Title = strings.Repeat("M", 5000)
	unbroken.Modules[0].Outcomes[0] = strings.Repeat("W", 5000)
	for _, document := range [][]byte{pdf(t, long()), pdf(t, unbroken), list} {
		boxes, _ := poppler(t, document, "pdftotext", "-bbox", "DOC", "-")
		pages, words := 0, regexp.MustCompile(`<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)"`)
		for _, page := range strings.Split(boxes, "<page ")[1:] {
			pages++
			found := words.FindAllStringSubmatch(page, -1)
			require.NotEmpty(t, found, "page %d", pages)
			inside(t, found)
		}
		require.Greater(t, pages, 2)
	}
	require.Contains(t, text(t, pdf(t, long())), "Ergebnis 12-15: ", "the last outcome is there")
}

// inside checks that words lie within the margins and on none of the others; measures are in points.
func inside(t *testing.T, words [][]string) {
	t.Helper()
	boxes := make([][4]float64, len(words))
	for n, w := range words {
		for k := range 4 {
			boxes[n][k] = number(t, w[k+1])
		}
		const left, right, low = 70.5, 525.0, 824.0
		require.True(t, boxes[n][0] >= left && boxes[n][2] <= right && boxes[n][3] <= low, "%v", w)
	}
	for n, a := range boxes {
		for _, b := range boxes[n+1:] {
			across := min(a[2], b[2]) - max(a[0], b[0])
			down := min(a[3], b[3]) - max(a[1], b[1])
			// boxes are as high as a font's highest letter, which is more than a line
			require.False(t, across > 1 && down > 0.55*min(a[3]-a[1], b[3]-b[1]), "%v lies on %v", a, b)
		}
	}
}

func TestATranscriptSaysWhatIsDoneAndWhatIsMissing(t *testing.T) {
	t.Parallel()
	i, _ := issuer(t)
	document, err := i.Transcript(transcript())
	require.NoError(t, err)
	s := text(t, document)
	for _, want := range []string{
		"Leistungsübersicht", "Thị Ngọc Ánh Nguyễn-Łukasiewicz", "3. März 2026", "koko, Version 1", "52 Std. von 96 Std.",
		"7:30 von 8:00 Std.", "3. und 4. März 2026", "anerkannt", "Begleitung eines Falls im Quartier Nord", "bestätigt am 2. Februar 2026",
		"Kolloquium (Wiederholung)", "nicht bestanden", "Modul Recht und Verfahren: 4 Std. 30 Min.", "Sie ist weder Zertifikat noch Teilnahmebescheinigung.",
	} {
		require.Contains(t, s, want)
	}
	require.NotContains(t, s, "Dieses Dokument ist ohne Unterschrift gültig")

	begun := certificate.Transcript{Holder: "Jo Weiß", Curriculum: "koko", Version: 1, AsOf: issued}
	document, err = i.Transcript(begun)
	require.NoError(t, err)
	s = text(t, document)
	for _, want := range []string{"0 Std.", "Noch keine Einheit begonnen.", "Noch keine Praxis nachgewiesen.", "Noch keine Prüfung abgelegt.", "Nichts: Nach diesem Stand"} {
		require.Contains(t, s, want)
	}
	for _, spoil := range []func(*certificate.Transcript){
		func(t *certificate.Transcript) { t.Holder = "" }, func(t *certificate.Transcript) { t.Curriculum = "" },
		func(t *certificate.Transcript) { t.AsOf = time.Time{} }, func(t *certificate.Transcript) { t.Version = 0 },
	} {
		bad := begun
		spoil(&bad)
		_, err := i.Transcript(bad)
		require.ErrorIs(t, err, certificate.ErrInvalid)
	}
}

func TestATableNamesItsColumnsOnEveryPage(t *testing.T) {
	t.Parallel()
	i, _ := issuer(t)
	many := transcript()
	for range 5 {
		many.Units = append(many.Units, many.Units...)
		many.Units = many.Units[:min(len(many.Units), 60)]
	}
	document, err := i.Transcript(many)
	require.NoError(t, err)
	for page := range 3 {
		n := string(rune('1' + page))
		s, _ := poppler(t, document, "pdftotext", "-f", n, "-l", n, "DOC", "-")
		require.Contains(t, s, "Termine")
	}
}

func TestSoftHyphensBreakWordsAndAreNotSeenOtherwise(t *testing.T) {
	t.Parallel()
	c := passed()
	c.Text = "Konflikt\u00admanagement " + strings.Repeat("Donau\u00addampf\u00adschiff\u00adfahrt ", 30)
	s := text(t, pdf(t, c))
	require.NotContains(t, s, "\u00ad")
	require.Contains(t, s, "Konfliktmanagement Donaudampfschifffahrt")
	drawn, _ := poppler(t, pdf(t, c), "pdftotext", "-layout", "DOC", "-") // this does not join what was broken
	require.Regexp(t, `Donau(dampf)?(schiff)?-\n\s*(dampf)?(schiff)?fahrt`, drawn)
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(s, 64)
	require.NoError(t, err)
	return f
}
