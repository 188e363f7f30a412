package web

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"unicode"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// message is what a payload says, as JSON: the words and what they are.
type message struct {
	// Lang is the language of the words, empty when they do not show it.
	Lang   string  `json:"lang,omitempty"`
	Title  *link   `json:"title,omitempty"`
	Blocks []block `json:"blocks,omitempty"`
	Footer string  `json:"footer,omitempty"`
}

// empty reports whether a reader would see nothing of m.
func (m message) empty() bool { return m.Title == nil && len(m.Blocks) == 0 && m.Footer == "" }

// block is a block of a message. Kind says which fields it has.
type block struct {
	Kind    string   `json:"kind"`              // paragraph, story, list, notice or buttons
	Level   string   `json:"level,omitempty"`   // notice: info, warning or failure
	Title   *link    `json:"title,omitempty"`   // paragraph, story, list
	Text    text     `json:"text,omitempty"`    // paragraph, story, notice
	Items   []text   `json:"items,omitempty"`   // list
	Sources []link   `json:"sources,omitempty"` // story
	Buttons []button `json:"buttons,omitempty"` // buttons
}

// link is a label, and where it leads if it leads anywhere.
type link struct {
	Label string `json:"label"`
	URL   string `json:"url,omitempty"`
}

type text []span

type span struct {
	Text   string `json:"text"`
	URL    string `json:"url,omitempty"`
	Bold   bool   `json:"bold,omitempty"`
	Italic bool   `json:"italic,omitempty"`
	Strike bool   `json:"strike,omitempty"`
	Code   bool   `json:"code,omitempty"`
}

type button struct {
	Label string `json:"label"`
	Line  string `json:"line"`
}

// Render gives one payload, because a page has no limits to split a message
// by, and none for a message that says nothing.
func (a *Adapter) Render(m chat.Message) ([]chat.Payload, error) {
	out := message{
		Title:  newLink(m.Title, m.URL),
		Footer: layout.Clean(m.Footer),
	}
	for _, b := range m.Blocks {
		if b := newBlock(b); !b.empty() {
			out.Blocks = append(out.Blocks, b)
		}
	}
	if out.empty() {
		return nil, nil
	}
	out.Lang = out.language()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(out); err != nil {
		return nil, fmt.Errorf("web payload: %w", err)
	}
	return []chat.Payload{bytes.TrimSpace(b.Bytes())}, nil
}

// newBlock words a block. The kinds of chat.Block are closed.
func newBlock(b chat.Block) block {
	switch b := b.(type) {
	case chat.Paragraph:
		return block{Kind: "paragraph", Title: newLink(b.Title, ""), Text: newText(b.Text)}
	case chat.Story:
		out := block{Kind: "story", Title: newLink(b.Headline, ""), Text: newText(b.Summary)}
		for _, s := range b.Sources {
			l := newLink(s.Title, s.URL)
			if l == nil {
				continue
			}
			if out.Title != nil && out.Title.URL == "" {
				out.Title.URL = l.URL
			}
			out.Sources = append(out.Sources, *l)
		}
		return out
	case chat.List:
		out := block{Kind: "list", Title: newLink(b.Title, "")}
		for _, item := range b.Items {
			if t := newText(item); len(t) > 0 {
				out.Items = append(out.Items, t)
			}
		}
		return out
	case chat.Notice:
		level := map[chat.Level]string{chat.Info: "info", chat.Warning: "warning", chat.Failure: "failure"}[b.Level]
		return block{Kind: "notice", Level: level, Text: newText(b.Text)}
	case chat.Buttons:
		out := block{Kind: "buttons"}
		for _, x := range b {
			x := button{Label: layout.Clean(x.Label), Line: layout.Clean(x.Line)}
			if x.Label == "" {
				x.Label = x.Line
			}
			if x.Label != "" {
				out.Buttons = append(out.Buttons, x)
			}
		}
		return out
	default:
		panic(fmt.Sprintf("web: no layout for %T", b))
	}
}

// empty reports whether a reader would see nothing of b.
func (b block) empty() bool {
	return b.Title == nil && len(b.Text)+len(b.Items)+len(b.Sources)+len(b.Buttons) == 0
}

// newLink is nil when there are no words. What may not be a link becomes words.
func newLink(label, address string) *link {
	label = layout.Clean(label)
	switch {
	case address == "":
	case layout.Link(address):
		if strings.TrimSpace(label) == "" {
			label = bare(address)
		}
		return &link{Label: label, URL: address}
	default:
		label += " " + layout.Clean(address)
	}
	if strings.TrimSpace(label) == "" {
		return nil
	}
	return &link{Label: label}
}

func newText(t chat.Text) text {
	var out text
	for _, s := range t {
		x := span{
			Text: layout.Clean(s.Text),
			Bold: s.Style.Has(chat.Bold), Italic: s.Style.Has(chat.Italic),
			Strike: s.Style.Has(chat.Strike), Code: s.Style.Has(chat.Code),
		}
		if l := newLink(s.Text, s.URL); s.URL != "" && l != nil {
			x.Text, x.URL = l.Label, l.URL
		}
		if x.Text != "" {
			out = append(out, x)
		}
	}
	return out
}

// bare is an address as people write it.
func bare(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	return strings.TrimSuffix(rest, "/")
}

// Host is the name of the place that a link leads to, when its label does not
// say it.
func (l link) Host() string {
	u, err := url.Parse(l.URL)
	if err != nil {
		return ""
	}
	host := strings.TrimPrefix(u.Hostname(), "www.")
	if strings.Contains(strings.ToLower(l.Label), strings.ToLower(host)) {
		return ""
	}
	return host
}

// Paragraphs are the parts of t between empty lines.
func (t text) Paragraphs() []text {
	var all []text
	var p text
	for _, s := range t {
		for i, part := range strings.Split(s.Text, "\n\n") {
			if i > 0 && len(p) > 0 {
				all, p = append(all, p), nil
			}
			if len(p) == 0 {
				part = strings.TrimLeft(part, "\n")
			}
			if s.Text = part; part != "" {
				p = append(p, s)
			}
		}
	}
	if len(p) > 0 {
		all = append(all, p)
	}
	return all
}

// parse reads a payload that Render has made.
func parse(p chat.Payload) (message, error) {
	var m message
	if err := json.Unmarshal(p, &m); err != nil {
		return message{}, fmt.Errorf("web payload: %w", err)
	}
	if m.empty() {
		return message{}, errors.New("web payload: it is empty")
	}
	return m, nil
}

// language tells the languages apart whose glyphs or voices differ, by the
// scripts of the words: zh, ja, ko and en.
func (m message) language() string {
	var han, kana, hangul, latin int
	count := func(s string) {
		for _, r := range s {
			switch {
			case unicode.Is(unicode.Han, r):
				han++
			case unicode.In(r, unicode.Hiragana, unicode.Katakana):
				kana++
			case unicode.Is(unicode.Hangul, r):
				hangul++
			case unicode.Is(unicode.Latin, r):
				latin++
			}
		}
	}
	if m.Title != nil {
		count(m.Title.Label)
	}
	for _, b := range m.Blocks {
		if b.Title != nil {
			count(b.Title.Label)
		}
		for _, t := range append(b.Items, b.Text) {
			for _, s := range t {
				count(s.Text)
			}
		}
	}
	// A word of Latin script has about five letters, one of Han script two.
	switch {
	case kana > 0 && kana*4 > han && (kana+han)*3 > latin:
		return "ja"
	case hangul*3 > latin && hangul > han:
		return "ko"
	case han*3 > latin:
		return "zh"
	case latin > 0:
		return "en"
	default:
		return ""
	}
}

//go:embed room
var room embed.FS

var templates = template.Must(template.ParseFS(room, "room/*.html"))

// draw executes one of the templates.
func draw(name string, data any) ([]byte, error) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		return nil, fmt.Errorf("web page: %w", err)
	}
	return b.Bytes(), nil
}

// Page draws payloads as one HTML document that stands on its own: no script,
// and nothing that it would have to fetch. What is no payload of the web room
// is shown as the text that it is.
func Page(payloads []chat.Payload) []byte {
	style, err := room.ReadFile("room/style.css")
	if err != nil {
		panic(err) // it is embedded
	}
	var messages []message
	for _, p := range payloads {
		m, err := parse(p)
		if err != nil {
			m = message{Blocks: []block{{Kind: "notice", Level: "failure", Text: text{{Text: err.Error() + "\n" + string(p)}}}}}
		}
		messages = append(messages, m)
	}
	page, err := draw("preview.html", struct {
		Style    template.CSS
		Messages []message
	}{template.CSS(style), messages})
	if err != nil {
		panic(err) // the templates take every message
	}
	return page
}
