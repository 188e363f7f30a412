package adaptertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
}

const (
	sheetLines = 30
	lineRunes  = 400
)

func (p *paper) Render(m chat.Message) ([]chat.Payload, error) {
	var all sheet
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
				if s.Text != "" {
					all = append(all, line{Text: s.Text, URL: s.URL})
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
	for _, b := range m.Blocks {
		switch b := b.(type) {
		case chat.Paragraph:
			say(chat.Plain(b.Title))
			say(b.Text)
		case chat.Story:
			say(chat.Plain(b.Headline))
			say(b.Summary)
			for _, s := range b.Sources {
				link(s.Title, s.URL)
			}
		case chat.List:
			say(chat.Plain(b.Title))
			for _, item := range b.Items {
				say(item)
			}
		case chat.Notice:
			say(b.Text)
		case chat.Buttons:
			for _, button := range b {
				say(chat.Plain(button.Label))
				all = append(all, line{Button: button.Line})
			}
		}
	}
	say(chat.Plain(m.Footer))
	var payloads []chat.Payload
	for lines := range slices.Chunk(all, sheetLines) {
		data, err := json.Marshal(lines)
		if err != nil {
			return nil, err
		}
		payloads = append(payloads, data)
	}
	return payloads, nil
}

func (p *paper) Capabilities() chat.Capabilities { return chat.Capabilities{DedupWindow: time.Minute} }

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
	if to.ID != "wall" {
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

// pin pins a sheet once for each key.
func (p *paper) pin(to chat.Channel, sheet chat.Payload, key chat.Key) chat.Receipt {
	i := slices.IndexFunc(p.pinned, func(n pin) bool { return n.channel == to && n.key == key })
	if i < 0 {
		i = len(p.pinned)
		p.pinned = append(p.pinned, pin{to, key, sheet})
	}
	return chat.Receipt{Channel: to, ID: fmt.Sprint(i)}
}

func (p *paper) Find(ctx context.Context, in chat.Channel, key chat.Key, _ time.Time) (chat.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return chat.Receipt{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, n := range p.pinned {
		if n.channel == in && n.key == key {
			return chat.Receipt{Channel: in, ID: fmt.Sprint(i)}, nil
		}
	}
	return chat.Receipt{}, chat.ErrNotFound
}

func (p *paper) Listen(ctx context.Context, _ chat.Command, h chat.Handler, ready func(string)) error {
	ready("before the wall")
	for {
		select {
		case <-ctx.Done():
			return nil
		case q := <-p.asked:
			q.answer <- h.Handle(ctx, q.request)
		}
	}
}

// stand opens a paper platform; with, if not nil, puts another adapter in
// front of it.
func stand(with func(*paper) chat.Adapter) Harness {
	return Harness{
		Texts: func(p chat.Payload) []string {
			var lines sheet
			if err := json.Unmarshal(p, &lines); err != nil {
				return nil
			}
			var texts []string
			for _, l := range lines {
				texts = append(texts, l.Text, l.URL)
			}
			return texts
		},
		Check: func(p chat.Payload) error {
			var lines sheet
			if err := json.Unmarshal(p, &lines); err != nil {
				return err
			}
			for _, l := range lines {
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
			}
			if with != nil {
				s.Adapter = with(p)
			}
			s.Posted = func() []chat.Payload {
				p.mu.Lock()
				defer p.mu.Unlock()
				var all []chat.Payload
				for _, n := range p.pinned {
					all = append(all, n.sheet)
				}
				return all
			}
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

// shown is how an answer reads.
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

// private reports whether the answer to a line is.
func private(a chat.Adapter, line string) bool {
	_, shouts := a.(shouts)
	call, err := tree.Parse(line)
	return err == nil && call.Command.Private && !shouts
}
