package certificate

import (
	"fmt"
	"strings"
)

// PDF returns c as an A4 document in German: a page to show, and pages with the learning
// outcomes, the hours, and on what it rests. It says where it can be verified, and is not signed by hand.
func (i *Issuer) PDF(c Certificate) ([]byte, error) {
	if err := i.check(); err != nil {
		return nil, err
	}
	c, err := c.check()
	if err != nil {
		return nil, err
	}
	url := i.VerifyURL(c.Code)
	name := c.Kind.heading() + " " + c.Number
	s := newSheet(i, name+": "+strings.ReplaceAll(c.Holder, string(softHyphen), ""), name+" · "+c.Holder, c.Issued)
	s.pdf.SetSubject(c.Title, true)
	wording := s.front(i, c)
	s.newPage()
	s.contents(c, wording)
	s.grounds(c, url)
	return s.bytes([]string{"Dieses Dokument ist ohne Unterschrift gültig; prüfbar unter", url}, url)
}

// Measures of the facts at the lower end of the front page.
const (
	qrSize    = 36.0
	qrQuiet   = 4.0 // nothing may be as close to the code
	factLabel = 42.0
	factWidth = width - qrSize - 8
)

// front draws the page to show. It returns the configured text if that is too long for the page.
func (s *sheet) front(i *Issuer, c Certificate) (wording []string) {
	var always []string
	if c.Kind == KindConfirmation {
		always = []string{attendanceOnly}
	}
	text := paragraphs(c.Text)
	rows := frontFacts(c)
	height := max(qrSize+qrQuiet+small.height(), s.factsHeight(factLabel, factWidth, rows, body))
	from := bottom - 4 - height
	s.y += 26
	blocks, fit := s.fitting(c, append(text, always...), from-12-s.y)
	if !fit {
		blocks, _ = s.fitting(c, append([]string{"Der Wortlaut steht auf der folgenden Seite."}, always...), from-12-s.y)
		wording = text
	}
	s.draw(blocks)
	s.rule(right, from-6, 0.2, pale)
	s.y = from
	s.facts(left, factLabel, factWidth, rows, body)
	s.qr(right-qrSize, from, qrSize, i.VerifyURL(c.Code))
	s.putRight(from+qrSize+qrQuiet, "Echtheit und Gültigkeit prüfen", small)
	return wording
}

func frontFacts(c Certificate) [][2]string {
	return [][2]string{
		{"Ausgestellt am", date(c.Issued)},
		{"Zertifizierende Stelle", c.Certifier},
		{"Registernummer", c.Number},
		{"Prüfcode", c.Code},
		{"Umfang", fmt.Sprintf("%s in %s", duration(c.Minutes), count(len(c.Modules), "Modul", "Modulen"))},
		{"Regelwerk", c.rules()},
		{"Ersetzt", c.Supersedes},
	}
}

// fitting returns the front page in the largest letters that fit into height, and whether any did.
func (s *sheet) fitting(c Certificate, text []string, height float64) (blocks []block, fit bool) {
	for _, scale := range []float64{1, 0.92, 0.84, 0.76, 0.68} {
		blocks = frontBlocks(c, text, scale)
		if s.blocksHeight(blocks) <= height {
			return blocks, true
		}
	}
	return blocks, false
}

// A block is a paragraph of the front page, with space before it.
type block struct {
	before   float64
	text     string
	style    style
	balanced bool // whether its lines are of about the same length
}

func frontBlocks(c Certificate, text []string, scale float64) []block {
	list := []block{
		{0, c.Kind.heading(), style{serif, 36, deep, 1.15}, false},
		{12 * scale, c.Holder, style{serifBold, 27, ink, 1.2}.scaled(scale), true},
		{5 * scale, c.Title, style{serif, 17, ink, 1.3}.scaled(scale), true},
	}
	for n, p := range text {
		before := 3 * scale
		if n == 0 {
			before = 9 * scale
		}
		list = append(list, block{before, p, style{sans, 12, ink, 1.5}.scaled(scale), false})
	}
	return list
}

// blocksHeight returns the height that draw will take.
func (s *sheet) blocksHeight(list []block) (height float64) {
	for _, b := range list {
		height += b.before + float64(len(s.wrap(b.text, b.style, width)))*b.style.height()
	}
	return height
}

func (s *sheet) draw(list []block) {
	for n, b := range list {
		s.y += b.before
		if n == 1 {
			s.rule(left+24, s.y-b.before/2, 0.7, deep)
		}
		w := width
		if b.balanced {
			w = s.balanced(b.text, b.style, w)
		}
		s.paragraph(left, w, b.text, b.style)
	}
}

// contents lists what was attended and met.
func (s *sheet) contents(c Certificate, wording []string) {
	s.paragraph(left, width, "Inhalte und Umfang", headline)
	s.y += 2
	s.paragraph(left, width, c.Title, quiet)
	for _, p := range wording {
		s.y += 3
		s.paragraph(left, width, p, body)
	}
	s.y += 5
	for n, m := range c.Modules {
		s.module(n+1, m)
	}
	s.room(2 * bodyBold.height())
	s.rule(right, s.y, 0.4, deep)
	s.y += 2
	s.put(left, s.y, "Umfang insgesamt", bodyBold)
	s.putRight(s.y, duration(c.Minutes), bodyBold)
	s.y += bodyBold.height()
	s.paragraph(left, width, "Angegeben ist die Zeit der Anwesenheit, die Stunde zu 60 Minuten.", small)
	if len(c.Requirements) > 0 {
		s.section("Erbrachte Leistungen", body.height())
		s.bullets(left, width, c.Requirements, body)
	}
}

// module writes one module; its title stays with its first outcome.
func (s *sheet) module(number int, m Module) {
	const indent, extent = 8.0, 42.0
	title := s.wrap(m.Title, bodyBold, width-indent-extent)
	if !s.room(float64(min(len(title), 10))*bodyBold.height() + 2*body.height() + 4) {
		s.rule(right, s.y, 0.2, pale) // a new page begins with a line anyway
	}
	s.y += 2
	s.put(left, s.y, fmt.Sprint(number), quiet)
	s.putRight(s.y, m.extent(), quiet)
	s.paragraph(left+indent, width-indent-extent, m.Title, bodyBold)
	s.y += 0.8
	s.bullets(left+indent, width-indent, m.Outcomes, body)
	s.y += 2.4
}

// grounds says on what the document rests and how it is verified.
func (s *sheet) grounds(c Certificate, url string) {
	explanation := "Ob dieses Dokument gilt, ersetzt oder widerrufen ist, steht unter der Prüfadresse. " +
		"Der Fingerabdruck legt die Nachweise fest, auf denen es beruht."
	rows := [][2]string{
		{"Regelwerk", c.rules()},
		{"Fingerabdruck", "SHA-256 " + c.Evidence[:32] + " " + c.Evidence[32:]},
		{"Prüfadresse", url},
	}
	s.section("Grundlage und Prüfung", s.factsHeight(42, width, rows, body)+3*body.height())
	s.paragraph(left, width, explanation, body)
	s.y += 2
	s.facts(left, 42, width, rows, body)
}
