package paper

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// Render lays a message out as lines of plain text: titles on their own lines,
// addresses spelled out, nothing folded. Paper has no length limit, so there is
// one payload: a JSON array of the lines.
func (a *Adapter) Render(m chat.Message) ([]chat.Payload, error) {
	var s sheet
	s.say(m.Title)
	s.say(m.URL)
	s.text(m.Note)
	s.link(chat.Link{Title: m.Picture.Alt, URL: m.Picture.URL})
	s.blocks(m.Blocks)
	s.space()
	s.say(m.Footer)
	payload, err := layout.JSON(s.lines)
	if err != nil {
		return nil, fmt.Errorf("paper: %w", err)
	}
	return []chat.Payload{payload}, nil
}

// written returns the text of a payload.
func written(p chat.Payload) (string, error) {
	var lines []string
	if err := json.Unmarshal(p, &lines); err != nil {
		return "", fmt.Errorf("paper: the payload is not a list of lines: %w", err)
	}
	return strings.Join(lines, "\n") + "\n", nil
}

// sheet collects the text, line by line.
type sheet struct{ lines []string }

// space begins a new paragraph.
func (s *sheet) space() {
	if n := len(s.lines); n > 0 && s.lines[n-1] != "" {
		s.lines = append(s.lines, "")
	}
}

// say writes text, which may have several lines.
func (s *sheet) say(words string) {
	for line := range strings.Lines(layout.Clean(words)) {
		if line = strings.TrimSpace(line); line != "" {
			s.lines = append(s.lines, line)
		}
	}
}

// text writes inline text, with each address after its label.
func (s *sheet) text(t chat.Text) {
	var line strings.Builder
	for _, span := range t {
		line.WriteString(span.Text)
		switch {
		case span.URL == "" || span.URL == span.Text:
		case span.Text == "":
			line.WriteString(span.URL)
		default:
			line.WriteString(" (" + span.URL + ")")
		}
	}
	s.say(line.String())
}

func (s *sheet) link(l chat.Link) { s.text(chat.Text{{Text: l.Title, URL: l.URL}}) }

func (s *sheet) blocks(blocks []chat.Block) {
	for _, b := range blocks {
		s.space()
		switch b := b.(type) {
		case chat.Heading:
			s.link(chat.Link{Title: b.Title, URL: b.URL})
			s.text(b.Note)
		case chat.Paragraph:
			s.say(b.Title)
			s.text(b.Text)
		case chat.Story:
			s.say(b.Headline)
			s.text(b.Summary)
			s.text(b.Note)
			for _, source := range b.Sources {
				s.link(source)
			}
		case chat.List:
			s.say(b.Title)
			for _, item := range b.Items {
				s.text(append(chat.Text{{Text: "- "}}, item...))
			}
		case chat.Fold:
			s.say(b.Title)
			s.blocks(b.Blocks)
		case chat.Notice:
			s.text(b.Text)
		case chat.Buttons:
			for _, button := range b {
				s.offer(button.Label, button.Line, button.URL)
			}
		case chat.Select:
			s.say(b.Label)
			for _, c := range b.Choices {
				s.offer(c.Label, c.Line, "")
			}
		}
	}
}

// offer writes a command that can be given elsewhere, or the target of a button.
func (s *sheet) offer(label, line, url string) {
	s.link(chat.Link{Title: strings.TrimSpace(label + " " + line), URL: url})
}
