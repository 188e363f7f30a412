package adaptertest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// paper is a small platform in memory: sheets of lines, pinned to a wall.
type paper struct {
	mu       sync.Mutex
	pinned   []pin
	requests int
	notified []string
	passed   []string // ids of published messages
	fate     *Fault
	asked    chan question
	last     question
}

type pin struct {
	channel chat.Channel
	key     chat.Key
	sheet   chat.Payload
}

type question struct {
	request chat.Request
	answer  chan chat.Message
}

// sheet is the payload: at most 30 lines of at most 400 code points.
type sheet []line

type line struct {
	Text   string `json:"text,omitempty"`
	URL    string `json:"url,omitempty"`
	Button string `json:"button,omitempty"`
	// Call is the id of those who are notified.
	Call string `json:"call,omitempty"`
	// Time is shown in the reader's time zone.
	Time time.Time `json:"time,omitzero"`
}

const (
	sheetLines = 30
	lineRunes  = 400
)

func (p *paper) Render(m chat.Message) ([]chat.Payload, error) {
	var all sheet
	for _, id := range m.Mention {
		all = append(all, line{Call: id})
	}
	say := func(t chat.Text) {
		var clean chat.Text
		for _, s := range t {
			if s.Text != "" && s.URL != "" && !layout.Link(s.URL) {
				s.Text, s.URL = s.Text+" ("+s.URL+")", ""
			}
			s.Text = layout.Clean(s.Text)
			clean = append(clean, s)
		}
		for _, piece := range layout.Split(clean, lineRunes, func(t chat.Text) int { return utf8.RuneCountInString(t.String()) }) {
			for _, s := range piece {
				if bare(s.Text) != "" || s.URL != "" {
					all = append(all, line{Text: s.Text, URL: s.URL, Time: s.Time})
				}
			}
		}
	}
	link := func(title, url string) {
		if url != "" && title == "" {
			title = "→"
		}
		say(chat.Text{{Text: title, URL: url}})
	}
	link(m.Title, m.URL)
	say(m.Note)
	link(m.Picture.Alt, m.Picture.URL)
	// The end of a heading and the text under it stay on one sheet.
	together := func(heading string, t chat.Text) {
		say(chat.Plain(heading))
		if last := len(all) - 1; len(all)%sheetLines == 0 && last >= 0 {
			all = slices.Insert(all, last, line{})
		}
		say(t)
	}
	for _, b := range m.Blocks {
		switch b := b.(type) {
		case chat.Heading:
			link(b.Title, b.URL)
			say(b.Note)
		case chat.Paragraph:
			together(b.Title, b.Text)
		case chat.Story:
			together(b.Headline, b.Summary)
			say(b.Note)
			for _, s := range b.Sources {
				link(s.Title, s.URL)
			}
		case chat.List:
			for i, item := range b.Items {
				if i == 0 {
					together(b.Title, item)
					continue
				}
				say(item)
			}
			if len(b.Items) == 0 {
				say(chat.Plain(b.Title))
			}
		case chat.Notice:
			say(b.Text)
		case chat.Buttons:
			for _, button := range b {
				if button.Line != "" {
					say(chat.Plain(button.Label))
					all = append(all, line{Button: layout.Clean(button.Line)})
				} else {
					link(button.Label, button.URL)
				}
			}
		case chat.Select:
			say(chat.Plain(b.Label))
			for _, c := range b.Choices {
				say(chat.Plain(c.Label))
				all = append(all, line{Button: layout.Clean(c.Line)})
			}
		}
	}
	say(chat.Plain(m.Footer))
	var payloads []chat.Payload
	count := (len(all) + sheetLines - 1) / sheetLines
	for lines := range slices.Chunk(all, sheetLines) {
		if count > 1 {
			lines = append(slices.Clone(lines), line{Text: fmt.Sprintf("(%d/%d)", len(payloads)+1, count)})
		}
		data, err := json.Marshal(lines)
		if err != nil {
			return nil, err
		}
		payloads = append(payloads, data)
	}
	return payloads, nil
}

func (p *paper) Capabilities() chat.Capabilities {
	return chat.Capabilities{DedupWindow: time.Minute, Threads: true}
}

func (p *paper) Send(ctx context.Context, to chat.Channel, sheet chat.Payload, key chat.Key) (chat.Receipt, error) {
	rejected := func(o chat.Outcome) (chat.Receipt, error) {
		return chat.Receipt{}, &chat.SendError{Outcome: o, Err: errors.New("the wall says no")}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return chat.Receipt{}, err
	}
	p.requests++
	if !slices.Contains([]string{"wall", "forum", "newspaper"}, to.ID) {
		return rejected(chat.RejectedChannel)
	}
	fate := p.fate
	p.fate = nil
	if fate == nil {
		return p.pin(to, sheet, key), nil
	}
	switch *fate {
	case RefusedBefore:
		p.requests--
		return rejected(chat.Retryable)
	case Limited:
		return chat.Receipt{}, &chat.SendError{Outcome: chat.Retryable, RetryAfter: 2 * time.Second, Err: errors.New("slow down")}
	case ServerError:
		return chat.Receipt{}, errors.New("the wall trembles")
	case NoAccount:
		return rejected(chat.RejectedAccount)
	case Forbidden:
		return rejected(chat.RejectedChannel)
	case BadPayload:
		return rejected(chat.RejectedPayload)
	}
	p.pin(to, sheet, key)
	if *fate == Hang {
		p.mu.Unlock()
		<-ctx.Done()
		p.mu.Lock()
		return chat.Receipt{}, ctx.Err()
	}
	return chat.Receipt{}, errors.New("nobody answered")
}

// pin pins a sheet, once per key.
func (p *paper) pin(to chat.Channel, sheet chat.Payload, key chat.Key) chat.Receipt {
	i := slices.IndexFunc(p.pinned, func(n pin) bool { return n.key == key })
	if i < 0 {
		i = len(p.pinned)
		if to.ID == "forum" && to.Thread == "" {
			to.Thread = fmt.Sprintf("thread %d", i)
		}
		p.pinned = append(p.pinned, pin{to, key, sheet})
		for _, l := range lines(sheet) {
			if l.Call != "" {
				p.notified = append(p.notified, l.Call)
			}
		}
	}
	return chat.Receipt{Channel: p.pinned[i].channel, ID: fmt.Sprint(i)}
}

func (p *paper) Find(ctx context.Context, in chat.Channel, key chat.Key, _ time.Time) (chat.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return chat.Receipt{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, n := range p.pinned {
		if n.key == key && n.sheet != nil && n.channel.ID == in.ID && (in.Thread == "" || n.channel.Thread == in.Thread) {
			return chat.Receipt{Channel: n.channel, ID: fmt.Sprint(i)}, nil
		}
	}
	return chat.Receipt{}, chat.ErrNotFound
}

// at returns the pin that r refers to, or nil if it was removed.
func (p *paper) at(r chat.Receipt) *pin {
	i, err := strconv.Atoi(r.ID)
	if err != nil || p.pinned[i].sheet == nil {
		return nil
	}
	return &p.pinned[i]
}

func (p *paper) Edit(ctx context.Context, r chat.Receipt, sheet chat.Payload, _ chat.Key) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.at(r)
	if n == nil {
		return chat.ErrNotFound
	}
	n.sheet = sheet
	return nil
}

func (p *paper) Remove(_ context.Context, r chat.Receipt) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := p.at(r); n != nil {
		n.sheet = nil
	}
	return nil
}

func (p *paper) Publish(_ context.Context, r chat.Receipt) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.Channel.ID == "newspaper" && !slices.Contains(p.passed, r.ID) {
		p.passed = append(p.passed, r.ID)
	}
	return nil
}

var drawing = template.Must(template.New("").Parse(`<!doctype html>
<html><head><meta charset="utf-8"><title>A sheet</title><style>p { color: black }</style></head><body>
{{range .}}<p>{{if .URL}}<a href="{{.URL}}">{{.Text}}</a>{{else}}{{.Text}}{{end}}</p>
{{end}}</body></html>`))

func (p *paper) Draw(sheet chat.Payload) (page []byte, builder string, err error) {
	if !json.Valid(sheet) {
		return nil, "", errors.New("the sheet is torn")
	}
	var b bytes.Buffer
	err = drawing.Execute(&b, lines(sheet))
	return b.Bytes(), "", err
}

// lines returns the lines of a sheet, or none if the payload is invalid.
func lines(p chat.Payload) (s sheet) {
	if json.Unmarshal(p, &s) != nil {
		return nil
	}
	return s
}

// standing returns the messages in a channel or thread.
func (p *paper) standing(in chat.Channel) (all []chat.Payload) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, n := range p.pinned {
		if n.channel == in && n.sheet != nil && (in.ID != "forum" || in.Thread != fmt.Sprintf("thread %d", i)) {
			all = append(all, n.sheet)
		}
	}
	return all
}

func (p *paper) Listen(ctx context.Context, _ chat.Command, h chat.Handler, ready func(string)) error {
	ready("before the wall")
	for {
		select {
		case <-ctx.Done():
			return nil
		case q := <-p.asked:
			q.answer <- handled(ctx, h, q.request)
		}
	}
}

// handled returns the handler's answer, or an apology if the handler panics.
func handled(ctx context.Context, h chat.Handler, r chat.Request) (m chat.Message) {
	defer func() {
		if recover() != nil {
			m = chat.Message{Blocks: []chat.Block{chat.Paragraph{Text: chat.Plain("Sorry, that did not work.")}}}
		}
	}()
	return h.Handle(ctx, r)
}

// stand returns a paper platform. If with is not nil, it wraps the adapter.
func stand(with func(*paper) chat.Adapter) Harness {
	return Harness{
		Mention: []string{"reader-1", "reader-2"},
		Texts: func(p chat.Payload) []string {
			var texts []string
			for _, l := range lines(p) {
				if !l.Time.IsZero() {
					l.Text = l.Time.UTC().Format(time.RFC3339)
				}
				texts = append(texts, l.Text, l.URL)
			}
			return texts
		},
		Check: func(p chat.Payload) error {
			for _, l := range lines(p) {
				if n := utf8.RuneCountInString(l.Text); n > lineRunes {
					return fmt.Errorf("a line has %d characters, at most %d fit", n, lineRunes)
				}
			}
			return nil
		},
		Open: func(t *testing.T) Stand {
			p := &paper{asked: make(chan question)}
			s := Stand{
				Adapter: p,
				Channel: chat.Channel{Adapter: "paper", ID: "wall"},
				Missing: chat.Channel{Adapter: "paper", ID: "void"},
				Secrets: []string{"the wall's key"},

				Replies:       p.standing,
				Forum:         chat.Channel{Adapter: "paper", ID: "forum"},
				Announcements: chat.Channel{Adapter: "paper", ID: "newspaper"},
				Published:     func() int { return len(p.passed) },
				Notified:      func() []string { return p.notified },
			}
			if with != nil {
				s.Adapter = with(p)
			}
			s.Posted = func() []chat.Payload { return p.standing(s.Channel) }
			s.Requests = func() int {
				p.mu.Lock()
				defer p.mu.Unlock()
				return p.requests
			}
			s.Fail = func(f Fault) { p.fate = &f }
			acts := 0
			s.Ask = func(t *testing.T, u chat.User, said string) ([]string, bool) {
				acts++
				p.last = question{chat.Request{ID: fmt.Sprint(acts), Channel: s.Channel, User: u, Line: said}, make(chan chat.Message, 1)}
				p.asked <- p.last
				return []string{shown(s.Adapter, <-p.last.answer)}, private(s.Adapter, said)
			}
			s.Redeliver = func() {
				if r, ok := s.Adapter.(forgetsRequests); ok {
					p.last.request.ID = r.another()
				}
				p.asked <- p.last
				<-p.last.answer
			}
			return s
		},
	}
}

// shown returns an answer as it is displayed.
func shown(a chat.Adapter, m chat.Message) string {
	said := m.Title
	for _, b := range m.Blocks {
		said += " " + b.(chat.Paragraph).Text.String()
	}
	if _, ok := a.(mumbles); ok {
		said = strings.ReplaceAll(said, "said", "")
	}
	return said
}

// private reports whether the answer to a line is private.
func private(a chat.Adapter, line string) bool {
	_, shouts := a.(shouts)
	call, err := tree.Parse(line)
	return err == nil && call.Command.Private && !shouts
}
