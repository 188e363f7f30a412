package dispatch

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/digest"
)

// sheet is what a delivery posts: payloads for the channel, payloads for the
// thread under the first of them, and what they say. It is not changed once it
// is made.
type sheet struct {
	posts, thread []chat.Payload
	said          []ledger.Said
}

// renderError is the error of a digest that cannot be posted as it is.
type renderError struct{ err error }

func (e *renderError) Error() string { return "it cannot be rendered: " + e.err.Error() }

func (e *renderError) Unwrap() error { return e.err }

// sheet composes and renders digests of a library as the delivery wants them.
func (d *Dispatcher) sheet(ctx context.Context, x *ledger.Delivery, l *digest.Library, digests []*digest.Digest, corrected time.Time) (sheet, error) {
	a, s := d.Adapters[x.Channel.Adapter], d.subscription(x.Subscription)
	look := s.Look
	look.Style, look.Language = compose.Style(x.Style), x.Language
	if look.Details == compose.Thread && !a.Capabilities().Threads {
		look.Details = compose.Inline
	}
	// The key is all that the payloads depend on. Addresses will do, because
	// what is kept keeps them taken.
	mention := s.Mention[x.Channel.Adapter]
	key := fmt.Sprintf("%s %q %+v %d", x.Channel.Adapter, mention, look, corrected.UnixNano())
	var posts []compose.Post
	for _, dig := range digests {
		repeats, err := d.repeats(ctx, s, x, l, dig)
		if err != nil {
			return sheet{}, err
		}
		key += fmt.Sprintf(" %p %+v", dig, repeats)
		posts = append(posts, compose.Post{Look: look, Mention: mention, Popular: l.Popular, Repeats: repeats, Corrected: corrected})
	}
	return d.sheets.of(l, key, func() (sheet, error) { return d.render(a, look, digests, posts) })
}

// render lays the digests out, one of posts for each.
func (d *Dispatcher) render(a chat.Adapter, look compose.Look, digests []*digest.Digest, posts []compose.Post) (s sheet, err error) {
	if s.posts, err = a.Render(compose.Bundle(digests, posts)); err != nil {
		return s, &renderError{err}
	}
	if look.Details == compose.Thread && len(s.posts) > 0 {
		s.posts, s.thread = s.posts[:1:1], s.posts[1:]
	}
	for _, dig := range digests {
		s.said = append(s.said, d.said(dig))
		if look.Details != compose.Thread {
			continue
		}
		m := compose.Details(dig, look)
		if len(m.Blocks) == 0 {
			continue
		}
		details, err := a.Render(m)
		if err != nil {
			return s, &renderError{err}
		}
		s.thread = append(s.thread, details...)
	}
	return s, nil
}

// said is what a post says of a digest. It is asked for with each post.
func (d *Dispatcher) said(dig *digest.Digest) ledger.Said {
	d.sheets.mu.Lock()
	defer d.sheets.mu.Unlock()
	if s, ok := d.sheets.said[dig]; ok {
		return s
	}
	s := ledger.Said{
		Digest: dig.ID, Day: dayOf(dig), Language: dig.Language,
		Text: dig.Fingerprint(), Headlines: dig.HeadlineHashes(), Pages: dig.PageHashes(),
	}
	if len(d.sheets.said) >= sheetLimit || d.sheets.said == nil {
		d.sheets.said = map[*digest.Digest]ledger.Said{}
	}
	d.sheets.said[dig] = s
	return s
}

// dayOf is the day that a digest is about; empty when nobody says.
func dayOf(dig *digest.Digest) string {
	if dig.Date.IsZero() {
		return ""
	}
	return dig.Date.Format(time.DateOnly)
}

// sheetLimit is how many sheets are kept; then all are made anew.
const sheetLimit = 64

// sheets keeps what was made of the library of this moment, so that a digest
// that goes to a thousand channels in one form is composed and rendered once.
type sheets struct {
	mu      sync.Mutex
	library *digest.Library
	made    map[string]func() (sheet, error)
	said    map[*digest.Digest]ledger.Said // what posts of digests say
}

// of is the sheet of a key; make makes it if nobody has yet.
func (s *sheets) of(l *digest.Library, key string, make func() (sheet, error)) (sheet, error) {
	s.mu.Lock()
	if s.library != l || len(s.made) >= sheetLimit {
		s.library, s.made = l, map[string]func() (sheet, error){}
	}
	if s.made[key] == nil {
		s.made[key] = sync.OnceValues(make)
	}
	once := s.made[key]
	s.mu.Unlock()
	return once()
}

// repeats are the stories of a digest that were told before, as far as the
// subscription cares.
func (d *Dispatcher) repeats(ctx context.Context, s Subscription, x *ledger.Delivery, l *digest.Library, dig *digest.Digest) ([]compose.Repeat, error) {
	if s.Repeats != MarkRepeats && s.Repeats != HideRepeats {
		return nil, nil
	}
	earlier := l.Earlier(dig, s.RepeatsWithin, s.Match.Accepts)
	if len(earlier) == 0 {
		return nil, nil
	}
	// The first message in this very channel that had the story.
	var failed error
	told := map[string]ledger.Delivery{}
	here := map[int]ledger.Delivery{}
	for _, e := range l.Earlier(dig, s.RepeatsWithin, func(e *digest.Digest) bool {
		post, ok, err := d.posted(ctx, x, e.ID)
		if err != nil {
			failed = err
		}
		told[e.ID] = post
		return ok
	}) {
		here[e.Story] = told[e.Digest.ID]
	}
	if failed != nil {
		return nil, failed
	}
	var repeats []compose.Repeat
	for _, e := range earlier {
		post, ok := here[e.Story]
		switch {
		case ok:
			repeats = append(repeats, compose.Repeat{Story: e.Story, Since: post.Since.In(s.Zone), URL: post.First().Receipt.URL, Hide: s.Repeats == HideRepeats})
		case s.Repeats == MarkRepeats:
			repeats = append(repeats, compose.Repeat{Story: e.Story, Since: e.Digest.Date})
		}
	}
	return repeats, nil
}

// posted finds the first delivery other than x that stands in the channel of x
// and tells of a digest.
func (d *Dispatcher) posted(ctx context.Context, x *ledger.Delivery, id string) (ledger.Delivery, bool, error) {
	all, err := d.Ledger.List(ctx, ledger.Query{Channel: x.Channel, Digest: id, Limit: -1})
	for i := len(all) - 1; i >= 0 && err == nil; i-- {
		post := all[i]
		if post.Bundle != "" {
			if post, err = d.Ledger.Get(ctx, post.Bundle); err != nil {
				break
			}
		}
		if post.Key != x.Key && !post.Since.IsZero() && post.First().Stands() {
			return post, true, nil
		}
	}
	return ledger.Delivery{}, false, err
}
