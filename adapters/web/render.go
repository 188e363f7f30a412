package web

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// message is the JSON of a payload: a chat.Message without anything that
// readers would not see.
type message struct {
	Lang    string   `json:"lang,omitempty"`
	Mention []string `json:"mention,omitempty"`
	Title   *link    `json:"title,omitempty"`
	Note    text     `json:"note,omitempty"`
	Picture *link    `json:"picture,omitempty"`
	Blocks  []block  `json:"blocks,omitempty"`
	Footer  string   `json:"footer,omitempty"`
}

// empty reports whether a reader would see nothing of m except mentions.
func (m message) empty() bool {
	return m.Title == nil && m.Picture == nil && len(m.Note)+len(m.Blocks)+len(m.Footer) == 0
}

// block is a block of a message. Kind determines which fields are set.
type block struct {
	Kind    string   `json:"kind"`              // heading, paragraph, story, list, notice, buttons or select
	Level   string   `json:"level,omitempty"`   // notice: info, warning or failure; heading: digest or group
	Title   *link    `json:"title,omitempty"`   // heading, paragraph, story, list
	Text    text     `json:"text,omitempty"`    // paragraph, story, notice
	Items   []text   `json:"items,omitempty"`   // list
	Sources []link   `json:"sources,omitempty"` // story
	Note    text     `json:"note,omitempty"`    // heading, story
	Buttons []button `json:"buttons,omitempty"` // buttons; select: the choices
	Begin   string   `json:"begin,omitempty"`   // select: the line that further choices continue
}

// link is a label with an optional address. The label may be empty if there
// is an address.
type link struct {
	Label string `json:"label,omitempty"`
	URL   string `json:"url,omitempty"`
}

type text []span

type span struct {
	Text   string    `json:"text,omitempty"`
	URL    string    `json:"url,omitempty"`
	Bold   bool      `json:"bold,omitempty"`
	Italic bool      `json:"italic,omitempty"`
	Strike bool      `json:"strike,omitempty"`
	Code   bool      `json:"code,omitempty"`
	Time   time.Time `json:"time,omitzero"`
}

// button gives its line, leads to its address, or is only text.
type button struct {
	Label string `json:"label,omitempty"`
	Line  string `json:"line,omitempty"`
	URL   string `json:"url,omitempty"`
}

// Render returns one payload, because a page has no limits, or none for an
// empty message.
func (a *Adapter) Render(m chat.Message) ([]chat.Payload, error) {
	out := newMessage(m)
	if out.empty() {
		return nil, nil
	}
	payload, err := layout.JSON(out)
	if err != nil {
		return nil, fmt.Errorf("web payload: %w", err)
	}
	return []chat.Payload{payload}, nil
}

// newMessage converts and cleans a message.
func newMessage(m chat.Message) message {
	out := message{
		Lang:    layout.Clean(m.Language),
		Title:   newLink(m.Title, m.URL),
		Note:    newText(m.Note),
		Picture: newLink(m.Picture.Alt, m.Picture.URL),
		Footer:  layout.Clean(m.Footer),
	}
	for _, id := range m.Mention {
		if id = layout.Clean(id); id != "" {
			out.Mention = append(out.Mention, id)
		}
	}
	for _, b := range m.Blocks {
		if b := newBlock(b); !b.empty() {
			out.Blocks = append(out.Blocks, b)
		}
	}
	return out
}

// levels are the names of a Notice's levels.
var levels = []string{chat.Info: "info", chat.Warning: "warning", chat.Failure: "failure"}

// ranks are the names of a Heading's levels.
var ranks = []string{"digest", "group"}

// newBlock converts and cleans a block. It handles every kind of chat.Block. A
// fold is left out, because the answer to a button has all of it.
func newBlock(b chat.Block) block {
	switch b := b.(type) {
	case chat.Heading:
		return block{Kind: "heading", Level: ranks[min(max(b.Level, 1), len(ranks))-1], Title: newLink(b.Title, b.URL), Note: newText(b.Note)}
	case chat.Fold:
		return block{}
	case chat.Paragraph:
		return block{Kind: "paragraph", Title: newLink(b.Title, ""), Text: newText(b.Text)}
	case chat.Story:
		out := block{Kind: "story", Title: newLink(b.Headline, ""), Text: newText(b.Summary), Note: newText(b.Note)}
		for _, s := range b.Sources {
			if l := newLink(s.Title, s.URL); l != nil {
				out.Sources = append(out.Sources, *l)
			}
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
		return block{Kind: "notice", Level: levels[min(int(b.Level), len(levels)-1)], Text: newText(b.Text)}
	case chat.Select:
		out := block{Kind: "select", Title: newLink(b.Label, ""), Begin: layout.Clean(b.Line)}
		for _, c := range b.Choices {
			if y := (button{Label: layout.Clean(c.Label), Line: layout.Clean(c.Line)}); y.Name() != "" {
				out.Buttons = append(out.Buttons, y)
			}
		}
		return out
	case chat.Buttons:
		out := block{Kind: "buttons"}
		for _, x := range b {
			y := button{Line: layout.Clean(x.Line)}
			if y.Line != "" {
				x.URL = "" // a line takes precedence
			}
			y.Label, y.URL = named(x.Label, x.URL)
			if y.Name() != "" {
				out.Buttons = append(out.Buttons, y)
			}
		}
		return out
	default:
		panic(fmt.Sprintf("web: no layout for %T", b))
	}
}

// empty reports whether a reader would see nothing of b.
func (b block) empty() bool {
	return b.Title == nil && len(b.Text)+len(b.Items)+len(b.Sources)+len(b.Note)+len(b.Buttons) == 0
}

// named cleans a label and an address. An address that is not a valid link is appended to
// the label.
func named(label, address string) (words, to string) {
	label = layout.Clean(label)
	switch {
	case address == "":
	case layout.Link(address):
		return label, address
	case strings.TrimSpace(label) == "":
		label = layout.Clean(address)
	default:
		label += " " + layout.Clean(address)
	}
	return label, ""
}

// newLink returns nil if there is neither a label nor an address.
func newLink(label, address string) *link {
	label, address = named(label, address)
	if strings.TrimSpace(label) == "" && address == "" {
		return nil
	}
	return &link{Label: label, URL: address}
}

func newText(t chat.Text) text {
	if len(t) == 0 {
		return nil
	}
	out := make(text, 0, len(t))
	for _, s := range t {
		x := span{
			Bold: s.Style.Has(chat.Bold), Italic: s.Style.Has(chat.Italic),
			Strike: s.Style.Has(chat.Strike), Code: s.Style.Has(chat.Code),
		}
		if id, ok := s.Channel("web"); ok && CheckChannel(id) == nil {
			s.Text = "#" + id
		}
		x.Text, x.URL = named(s.Text, s.URL)
		if at := s.Time.UTC(); at.Year() > 0 && at.Year() < 10000 { // the range of RFC 3339
			x.Time = at
		}
		if x.Text != "" || x.URL != "" {
			out = append(out, x)
		}
	}
	return out
}

// chat converts a payload back to its (cleaned) message.
func (m message) chat() chat.Message {
	out := chat.Message{Language: m.Lang, Mention: m.Mention, Note: m.Note.chat(), Footer: m.Footer}
	out.Title, out.URL = m.Title.parts()
	out.Picture.Alt, out.Picture.URL = m.Picture.parts()
	for _, b := range m.Blocks {
		out.Blocks = append(out.Blocks, b.chat())
	}
	return out
}

func (b block) chat() chat.Block {
	title, _ := b.Title.parts()
	switch b.Kind {
	case "heading":
		_, address := b.Title.parts()
		return chat.Heading{Level: max(slices.Index(ranks, b.Level), 0) + 1, Title: title, URL: address, Note: b.Note.chat()}
	case "story":
		out := chat.Story{Headline: title, Summary: b.Text.chat(), Note: b.Note.chat()}
		for _, s := range b.Sources {
			out.Sources = append(out.Sources, chat.Link{Title: s.Label, URL: s.URL})
		}
		return out
	case "list":
		out := chat.List{Title: title}
		for _, item := range b.Items {
			out.Items = append(out.Items, item.chat())
		}
		return out
	case "notice":
		return chat.Notice{Level: chat.Level(max(slices.Index(levels, b.Level), 0)), Text: b.Text.chat()}
	case "select":
		out := chat.Select{Label: title, Line: b.Begin}
		for _, x := range b.Buttons {
			out.Choices = append(out.Choices, chat.Choice{Label: x.Label, Line: x.Line})
		}
		return out
	case "buttons":
		var out chat.Buttons
		for _, x := range b.Buttons {
			out = append(out, chat.Button(x))
		}
		return out
	default:
		return chat.Paragraph{Title: title, Text: b.Text.chat()}
	}
}

// parts returns empty strings for a nil link.
func (l *link) parts() (label, address string) {
	if l == nil {
		return "", ""
	}
	return l.Label, l.URL
}

func (t text) chat() chat.Text {
	var out chat.Text
	for _, s := range t {
		x := chat.Span{Text: s.Text, URL: s.URL, Time: s.Time}
		for style, has := range map[chat.Style]bool{chat.Bold: s.Bold, chat.Italic: s.Italic, chat.Strike: s.Strike, chat.Code: s.Code} {
			if has {
				x.Style |= style
			}
		}
		out = append(out, x)
	}
	return out
}

// Heading returns the title. For a story, it links to the first source with an address.
func (b block) Heading() *link {
	if b.Title == nil {
		return nil
	}
	h := *b.Title
	for _, s := range b.Sources {
		if h.URL == "" {
			h.URL = s.URL
		}
	}
	return &h
}

// Below returns the sources listed under a story. The one that the heading links to
// is listed without a link.
func (b block) Below() (all []link) {
	led := b.Title == nil || b.Title.URL != ""
	for _, s := range b.Sources {
		if !led && s.URL != "" {
			s.URL, led = "", true
		}
		if s.Label != "" || s.URL != "" {
			all = append(all, s)
		}
	}
	return all
}

// Name returns the visible text: the label, or else the address without its scheme.
func (l link) Name() string {
	if strings.TrimSpace(l.Label) != "" {
		return l.Label
	}
	_, rest, _ := strings.Cut(l.URL, "://")
	return strings.TrimSuffix(rest, "/")
}

// Shown reports whether a picture can be displayed, rather than only linked to.
func (l link) Shown() bool { return strings.HasPrefix(l.URL, "https://") }

// Host returns the host of a link, or "" if its label already contains it.
func (l link) Host() string {
	u, err := url.Parse(l.URL)
	if err != nil {
		return ""
	}
	host := strings.TrimPrefix(u.Hostname(), "www.")
	if strings.Contains(strings.ToLower(l.Name()), strings.ToLower(host)) {
		return ""
	}
	return host
}

// Words returns the visible text.
func (s span) Words() string {
	if s.URL == "" {
		return s.Text
	}
	return link{s.Text, s.URL}.Name()
}

// Instant returns the time in the form that browsers parse, or "" if there is none.
func (s span) Instant() string {
	if s.Time.IsZero() {
		return ""
	}
	return s.Time.Format(time.RFC3339Nano)
}

// Name returns the visible text.
func (b button) Name() string {
	if b.Line != "" && strings.TrimSpace(b.Label) == "" {
		return b.Line
	}
	return link{b.Label, b.URL}.Name()
}

// Paragraphs splits t at empty lines.
func (t text) Paragraphs() []text {
	var all []text
	var p text
	for _, s := range t {
		named := s.Text != "" // otherwise a link shows its address
		for i, part := range strings.Split(s.Text, "\n\n") {
			if i > 0 && len(p) > 0 {
				all, p = append(all, p), nil
			}
			if len(p) == 0 {
				part = strings.TrimLeft(part, "\n")
			}
			if s.Text = part; part != "" || !named {
				p = append(p, s)
			}
		}
	}
	if len(p) > 0 {
		all = append(all, p)
	}
	return all
}

// parse parses a payload created by Render.
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

// Language returns the language of the message. If the message does not say,
// it is guessed from the scripts, to distinguish those whose glyphs or voices
// differ: zh, ja, ko and en.
func (m message) Language() string {
	if m.Lang != "" {
		return m.Lang
	}
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
	title, _ := m.Title.parts()
	count(title)
	for _, b := range m.Blocks {
		title, _ := b.Title.parts()
		count(title)
		for _, t := range append(b.Items, b.Text) {
			for _, s := range t {
				count(s.Text)
			}
		}
	}
	// A word has about five letters in Latin script and two in Han script.
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

// draw executes a template.
func draw(name string, data any) ([]byte, error) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		return nil, fmt.Errorf("web page: %w", err)
	}
	return b.Bytes(), nil
}

// row is a message on a self-contained page, with its appearance on other
// platforms.
type row struct {
	message
	Words  chat.Wording
	Beside []likeness
}

func sheet(rows []row) []byte {
	style, err := room.ReadFile("room/style.css")
	if err != nil {
		panic(err) // it is embedded
	}
	page, err := draw("preview.html", struct {
		Style template.CSS
		Rows  []row
	}{template.CSS(style), rows})
	if err != nil {
		panic(err) // the templates accept every message
	}
	return page
}
