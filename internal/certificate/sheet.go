package certificate

import (
	"bytes"
	"fmt"
	imagecolor "image/color"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/boombuler/barcode/qr"
)

// Measures of a page in millimetres from its upper left corner; font sizes are in points.
const (
	left    = 25.0
	width   = 160.0
	right   = left + width
	top     = 30.0 // of the text on all pages but the first
	bottom  = 268.0
	mmPerPt = 25.4 / 72
)

type color [3]int

var (
	ink  = color{0x1b, 0x1f, 0x24}
	soft = color{0x4a, 0x54, 0x60}
	deep = color{0x0b, 0x4f, 0x8a}
	pale = color{0xc4, 0xc9, 0xd0}
)

// A style is how text looks; leading is the distance of its lines as a multiple of the size.
type style struct {
	face    face
	size    float64
	color   color
	leading float64
}

func (t style) height() float64 { return t.size * mmPerPt * t.leading }

// scaled returns t in another size.
func (t style) scaled(by float64) style {
	t.size *= by
	return t
}

var (
	body     = style{sans, 10, ink, 1.42}
	bodyBold = style{sansBold, 10, ink, 1.42}
	quiet    = style{sans, 10, soft, 1.42}
	small    = style{sans, 8.5, soft, 1.4}
	section  = style{serifBold, 13, deep, 1.35}
	headline = style{serif, 24, deep, 1.2}
)

// A sheet is a document in the making: y is where the next line begins. The first error stops
// all drawing.
type sheet struct {
	pdf   *fpdf.Fpdf
	y     float64
	onTop string // on top of the pages after the first
	again func() // draws what a table repeats on a new page
	err   error
}

// newSheet begins an A4 document whose dates are at, not the time of rendering.
func newSheet(i *Issuer, title, onTop string, at time.Time) *sheet {
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetCatalogSort(true) // maps are written in a fixed order
	pdf.SetCreationDate(at.UTC())
	pdf.SetModificationDate(at.UTC())
	pdf.SetProducer("KoKo", true)
	pdf.SetTitle(title, true)
	pdf.SetAuthor(line(i.Name), true)
	pdf.SetLang("de-DE")
	pdf.SetAutoPageBreak(false, 0)
	for _, f := range faces {
		pdf.AddUTF8FontFromBytes(string(f.face), "", f.file)
	}
	s := &sheet{pdf: pdf, onTop: onTop}
	pdf.AddPage()
	s.logo(i)
	return s
}

// logo draws the mark of KoKo and the issuer's name, and leaves y below.
func (s *sheet) logo(i *Issuer) {
	const x, y, size = left, 20.0, 12.0
	s.fill(deep)
	s.pdf.RoundedRect(x, y, size, size, size*6/32, "1234", "F")
	s.pdf.SetDrawColor(255, 255, 255)
	s.pdf.SetLineWidth(size * 2.5 / 32)
	s.pdf.Circle(x+size*12/32, y+size/2, size*6.5/32, "D")
	s.pdf.Circle(x+size*20/32, y+size/2, size*6.5/32, "D")
	name := style{sansBold, 11, ink, 1.25}
	rows := s.wrap(line(i.Name), name, width-size-5)
	s.y = y + max(0, (size-float64(len(rows))*name.height())/2)
	for _, row := range rows {
		s.put(x+size+5, s.y, row, name)
		s.y += name.height()
	}
	s.y = max(s.y, y+size)
}

func (s *sheet) fill(c color) { s.pdf.SetFillColor(c[0], c[1], c[2]) }

// rule draws a line from the left margin to x.
func (s *sheet) rule(x, y, thick float64, c color) {
	s.pdf.SetDrawColor(c[0], c[1], c[2])
	s.pdf.SetLineWidth(thick)
	s.pdf.Line(left, y, x, y)
}

// put writes text whose line begins at y.
func (s *sheet) put(x, y float64, text string, t style) {
	if !s.can(text, t) || text == "" {
		return
	}
	s.use(t)
	s.pdf.Text(x, y+t.height()/2+t.size*mmPerPt*0.34, text)
}

// putRight writes text that ends at the right margin.
func (s *sheet) putRight(y float64, text string, t style) {
	if !s.can(text, t) {
		return
	}
	s.use(t)
	s.put(right-s.pdf.GetStringWidth(text), y, text, t)
}

// can reports whether text can be drawn, or even measured: the PDF library panics at some letters.
func (s *sheet) can(text string, t style) bool {
	if s.err == nil {
		s.err = t.face.has(text)
	}
	return s.err == nil
}

func (s *sheet) use(t style) {
	s.pdf.SetFont(string(t.face), "", t.size)
	s.pdf.SetTextColor(t.color[0], t.color[1], t.color[2])
}

// room begins a new page unless there is space for height; it reports whether it did.
func (s *sheet) room(height float64) bool {
	if s.y+height <= bottom {
		return false
	}
	s.newPage()
	return true
}

func (s *sheet) newPage() {
	s.pdf.AddPage()
	s.y = 15
	for _, row := range s.wrap(s.onTop, small, width) {
		s.put(left, s.y, row, small)
		s.y += small.height()
	}
	s.rule(right, s.y+1.5, 0.2, pale)
	s.y = max(top, s.y+7)
	if s.again != nil {
		s.again()
	}
}

// paragraph writes text in lines of this width and moves y below them.
func (s *sheet) paragraph(x, width float64, text string, t style) {
	for _, row := range s.wrap(text, t, width) {
		s.room(t.height())
		s.put(x, s.y, row, t)
		s.y += t.height()
	}
}

// bullets writes items with a dot before each.
func (s *sheet) bullets(x, width float64, items []string, t style) {
	for _, item := range items {
		s.room(float64(min(len(s.wrap(item, t, width-4)), 5)) * t.height()) // no line alone on a page
		s.put(x, s.y, "•", t)
		s.paragraph(x+4, width-4, item, t)
		s.y += 0.6
	}
}

// section writes a heading that stays together with what follows in the height after it.
func (s *sheet) section(text string, after float64) {
	s.y += 6
	s.room(section.height() + 2 + after)
	s.paragraph(left, width, text, section)
	s.y += 2
}

// facts writes labels, and the values to their right; rows without a value are left out.
func (s *sheet) facts(x, label, width float64, rows [][2]string, t style) {
	name := t
	name.color = soft
	for _, row := range rows {
		if row[1] == "" {
			continue
		}
		s.room(t.height())
		s.put(x, s.y, row[0], name)
		s.paragraph(x+label, width-label, row[1], t)
		s.y += 1
	}
}

// factsHeight returns the height that facts will take.
func (s *sheet) factsHeight(label, width float64, rows [][2]string, t style) (height float64) {
	for _, row := range rows {
		if row[1] != "" {
			height += float64(len(s.wrap(row[1], t, width-label)))*t.height() + 1
		}
	}
	return height
}

// qr draws a QR code of url as a square of this size, and makes it a link.
func (s *sheet) qr(x, y, size float64, url string) {
	code, err := qr.Encode(url, qr.M, qr.Auto)
	if err != nil {
		s.err = fmt.Errorf("certificate: qr code: %w", err)
		return
	}
	n := code.Bounds().Dx()
	module := size / float64(n)
	s.fill(color{})
	for row := range n {
		for from := 0; from < n; from++ {
			to := from
			for to < n && code.At(to, row) == imagecolor.Black {
				to++
			}
			if to > from { // a hair higher, or viewers show white between the rows
				s.pdf.Rect(x+float64(from)*module, y+float64(row)*module, float64(to-from)*module, module+0.01, "F")
				from = to
			}
		}
	}
	s.pdf.LinkString(x, y, size, size, url)
}

// bytes writes the foot of all pages and returns the document.
func (s *sheet) bytes(foot []string, url string) ([]byte, error) {
	pages := s.pdf.PageCount()
	for page := 1; page <= pages && s.err == nil; page++ {
		s.pdf.SetPage(page)
		s.rule(right, 274, 0.2, pale)
		y := 276.0
		for n, row := range foot {
			s.put(left, y, row, small)
			if n == 0 {
				s.putRight(y, fmt.Sprintf("Seite %d von %d", page, pages), small)
			}
			y += small.height()
		}
		if url != "" {
			s.pdf.LinkString(left, y-small.height(), width, small.height(), url)
		}
	}
	if s.err != nil {
		return nil, s.err
	}
	var b bytes.Buffer
	if err := s.pdf.Output(&b); err != nil {
		return nil, fmt.Errorf("certificate: write pdf: %w", err)
	}
	return b.Bytes(), nil
}

// wrap breaks text into lines of this width: at spaces, after hyphens and slashes, at soft
// hyphens, and where a word is wider than the line.
func (s *sheet) wrap(text string, t style, width float64) (rows []string) {
	if !s.can(text, t) {
		return nil
	}
	s.use(t)
	row, tail := "", ""
	for _, p := range pieces(text) {
		if row != "" && s.pdf.GetStringWidth(row+p.gap+p.text+p.tail) > width {
			rows = append(rows, row+tail)
			row = ""
		}
		if row != "" {
			row += p.gap
		}
		row, tail = row+p.text, p.tail
		for s.pdf.GetStringWidth(row) > width {
			n := s.prefix(row, width)
			rows = append(rows, row[:n])
			row = row[n:]
		}
	}
	return append(rows, row)
}

// balanced returns the smallest width, to the millimetre, in which text takes no more lines than in this.
func (s *sheet) balanced(text string, t style, width float64) float64 {
	for rows := len(s.wrap(text, t, width)); len(s.wrap(text, t, width-1)) == rows && width > 40; {
		width--
	}
	return width
}

// prefix returns how many bytes of a word fit, at least one letter.
func (s *sheet) prefix(word string, width float64) int {
	last := 0
	for n := range word {
		if last > 0 && s.pdf.GetStringWidth(word[:n]) > width {
			return last
		}
		last = n
	}
	if last == 0 {
		return len(word)
	}
	return last
}

// A piece is what is not broken. Gap stands before it unless it begins a line, tail after it if
// it ends one.
type piece struct{ gap, text, tail string }

func pieces(text string) (list []piece) {
	for _, word := range strings.Fields(text) {
		gap := " "
		for word != "" {
			n := strings.IndexFunc(word, func(r rune) bool { return r == '-' || r == '/' || r == softHyphen })
			p := piece{gap: gap, text: word}
			switch rest := ""; {
			case n < 0:
				word = ""
			case strings.HasPrefix(word[n:], string(softHyphen)):
				p.text, rest, _ = strings.Cut(word, string(softHyphen))
				p.tail, word = "-", rest
			default:
				p.text, word = word[:n+1], word[n+1:]
			}
			list, gap = append(list, p), ""
		}
	}
	return list
}
