package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/adapters/web"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/command"
	"github.com/digestbot/digestbot/bot/compose/language"
	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/bot/vocabulary"
	"github.com/digestbot/digestbot/digest"
)

// questions are the commands to show, by the name of the picture.
var questions = map[string]map[string]string{
	"en": {"today": "today", "tag": "tag AI", "search": "search release", "why": "why", "resend": "resend"},
	"zh": {"today": "today", "tag": "tag AI", "search": "search 发布", "why": "why", "resend": "resend"},
}

// answers writes the answers in a channel, in a language, after the channel got the digests
// of a library this morning.
func answers(out, state, lang string, digests []*digest.Digest, s subscription.Subscription, all map[string]chat.Adapter) (err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	room := all["web"].(*web.Adapter)
	newest := slices.MaxFunc(digests, func(a, b *digest.Digest) int { return a.Date.Compare(b.Date) }).Date
	for _, d := range digests {
		d.Example = false
		d.Date = time.Now().UTC().Truncate(24 * time.Hour).Add(-newest.Sub(d.Date).Truncate(24 * time.Hour))
	}
	library := digest.Rules{}.NewLibrary(digest.KeepAll(digests))
	l, err := sqlite.Open(filepath.Join(state, lang+".db"))
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	here := chat.Channel{Adapter: "web", ID: lang}
	s.Name, s.Channels, s.StartLatest, s.Language = "morning", []chat.Channel{here}, true, lang
	d := dispatch.New(dispatch.Options{
		Ledger: l, Adapters: all, Subscriptions: []subscription.Subscription{s},
		Library: func() *digest.Library { return library }, Log: slog.New(slog.DiscardHandler),
	})
	if err := deliver(ctx, d); err != nil {
		return err
	}
	desk := &command.Desk{
		Library: d.Library, Ledger: l, Serving: d.Subscriptions.Serving, Dispatch: d, Log: d.Deliverer.Log,
		Search: func(_ context.Context, words string, limit int) (hits []vocabulary.Place, err error) {
			for _, c := range library.All() {
				d, err := c.Read()
				if err != nil {
					return nil, err
				}
				for i, s := range d.Stories {
					if strings.Contains(strings.ToLower(s.Headline+s.Summary.String()), words) && len(hits) < limit {
						hits = append(hits, vocabulary.Place{Digest: c, Story: i})
					}
				}
			}
			return hits, nil
		},
	}
	open, closed := make(chan string), make(chan error)
	go func() { closed <- room.Listen(ctx, command.Tree(), desk, func(where string) { open <- where }) }()
	where := <-open
	defer func() { cancel(); err = cmp.Or(err, <-closed) }()
	for name, line := range questions[lang] {
		file := filepath.Join(out, name+"-"+lang)
		line = "/digest " + line
		for _, to := range written {
			m := desk.Handle(ctx, chat.Request{ID: name, Channel: here, Line: line, Locale: lang, User: chat.User{ID: "1", Admin: true}})
			if err := write(file+"."+to+".json", answering{all[to]}, []chat.Message{m}); err != nil {
				return err
			}
		}
		body, _ := json.Marshal(map[string]string{"channel": lang, "line": line}) // texts always marshal
		r := httptest.NewRequest(http.MethodPost, where+"api/command", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Origin", strings.TrimSuffix(where, "/"))
		r.Header.Set("Accept-Language", lang)
		w := httptest.NewRecorder()
		room.ServeHTTP(w, r)
		var reply struct{ HTML string }
		if err := json.Unmarshal(w.Body.Bytes(), &reply); err != nil {
			return fmt.Errorf("%s on the web: %d %s", line, w.Code, w.Body)
		}
		page := strings.Replace(string(web.Sheet(language.Wording, nil)), "<main>", "<main>"+reply.HTML, 1)
		if err := os.WriteFile(file+".web.html", []byte(page), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// deliver posts what is due.
func deliver(ctx context.Context, d *dispatch.Dispatcher) error {
	now := time.Now()
	if _, err := d.Planner.Plan(ctx, now); err != nil {
		return err
	}
	due, err := d.Ledger.Due(ctx, now)
	if err != nil {
		return err
	}
	for _, turn := range due {
		x, err := d.Ledger.Get(ctx, turn.Key)
		if err != nil {
			return err
		}
		if err := d.Deliverer.Deliver(ctx, x); err != nil {
			return err
		}
	}
	return nil
}

// answering renders answers, which have no key, and therefore no button with the key of a
// post on Discord.
type answering struct{ chat.Adapter }

func (a answering) Render(m chat.Message) ([]chat.Payload, error) {
	payloads, err := a.Adapter.Render(m)
	for i, p := range payloads {
		payloads[i] = keyButton.ReplaceAll(p, []byte(`"components":[]`))
	}
	return payloads, err
}

var keyButton = regexp.MustCompile(`"components":\[\{"type":1,"components":\[\{[^{}]*\|/digest home"\}\]\}\]`)
