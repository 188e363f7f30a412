package dispatch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"sync"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/digest"
)

// sheet is what a delivery posts: payloads for the channel, payloads for the
// thread under the first of them, and what they say. It is not changed once it
// is made.
type sheet struct {
	posts, thread []chat.Payload
	said          []ledger.Said
	// abridged is how many messages the whole of it would have taken, if that is
	// more than its subscription allows; else 0.
	abridged int
}

func (s sheet) parts() int { return len(s.posts) + len(s.thread) }

// renderError is the error of a digest that cannot be posted as it is.
type renderError struct{ err error }

func (e *renderError) Error() string { return ledger.Because(ledger.NotRendered, e.err) }

func (e *renderError) Unwrap() error { return e.err }

// sheet composes and renders digests of a library as the delivery wants them.
func (d *Dispatcher) sheet(ctx context.Context, x *ledger.Delivery, l *digest.Library, digests []*digest.Card, corrected time.Time) (s sheet, err error) {
	err = d.layOut(x, func() (err error) {
		s, err = d.draft(ctx, x, l, digests, corrected)
		return err
	})
	return s, err
}

// layOut has something of a digest composed or rendered, of which a panic is a
// renderError.
func (d *Dispatcher) layOut(x *ledger.Delivery, do func() error) error {
	err := panics.Contain(d.Log, "lay out this digest", do, "digest", x.Digest, "channel", x.Channel.String())
	if panics.Contained(err) {
		return &renderError{err}
	}
	return err
}

// draft is sheet before anything is contained.
func (d *Dispatcher) draft(ctx context.Context, x *ledger.Delivery, l *digest.Library, digests []*digest.Card, corrected time.Time) (sheet, error) {
	a, s := d.Adapters[x.Channel.Adapter], d.subscription(x.Subscription)
	look := s.Look
	look.Style, look.Language = compose.Style(x.Style), x.Language
	if look.Details == compose.Thread && !a.Capabilities().Threads {
		look.Details = compose.Inline
	}
	// The key is all that the payloads depend on. Addresses will do, because
	// what is kept keeps them taken.
	mention := s.Mention[x.Channel.Adapter]
	most := cmp.Or(s.MaxParts, defaultMaxParts)
	key := fmt.Sprintf("%s %q %+v %d %d", x.Channel.Adapter, mention, look, most, corrected.UnixNano())
	var posts []compose.Post
	for _, dig := range digests {
		repeats, err := d.repeats(ctx, s, x, l, dig)
		if err != nil {
			return sheet{}, err
		}
		key += fmt.Sprintf(" %p %+v", dig, repeats)
		posts = append(posts, compose.Post{Look: look, Mention: mention, Popular: l.Popular, Repeats: repeats, Corrected: corrected})
	}
	return d.sheets.of(l, key, func() (s sheet, err error) {
		// A panic is kept as an error, too, or each channel would log it anew.
		err = d.layOut(x, func() (err error) {
			s, err = d.render(a, digests, posts, most)
			return err
		})
		return s, err
	})
}

// render lays the digests out, one of posts for each, in so many messages at
// most.
func (d *Dispatcher) render(a chat.Adapter, cards []*digest.Card, posts []compose.Post, most int) (sheet, error) {
	digests, err := digest.ReadAll(cards)
	if err != nil {
		return sheet{}, err
	}
	s, _, err := fit(a, digests, posts, most)
	for _, dig := range cards {
		s.said = append(s.said, d.said(dig))
	}
	return s, err
}

// Fitting is a digest as it is posted by an adapter in at most so many messages,
// and how many the whole of it would take if that is more; 0 means the default.
func Fitting(a chat.Adapter, dig *digest.Digest, post compose.Post, most int) (m chat.Message, whole int, err error) {
	digests := []*digest.Digest{dig}
	s, posts, err := fit(a, digests, []compose.Post{post}, cmp.Or(most, defaultMaxParts))
	return compose.Bundle(digests, posts), s.abridged, err
}

// fit lays the digests out in so many messages at most. Where the whole of them
// would take more, the posts become shorter: as many headlines as fit, with the
// rest behind a button.
func fit(a chat.Adapter, digests []*digest.Digest, posts []compose.Post, most int) (sheet, []compose.Post, error) {
	whole, err := renderPosts(a, digests, posts)
	if err != nil || whole.parts() <= most {
		return whole, posts, err
	}
	stories := 1
	for _, dig := range digests {
		stories = max(stories, len(dig.Stories))
	}
	abridge := func(n int) (sheet, []compose.Post, error) {
		var short []compose.Post
		for _, p := range posts {
			short = append(short, p.Abridge(n))
		}
		s, err := renderPosts(a, digests, short)
		s.abridged = whole.parts()
		return s, short, err
	}
	fits := func(n int) bool {
		s, _, err := abridge(n)
		return err == nil && s.parts() <= most
	}
	// One more headline never takes fewer messages. One headline is the least. Few of
	// thousands fit, so the search begins with few.
	few, many := 1, 2
	for many <= stories && fits(many) {
		few, many = many, 2*many
	}
	more := sort.Search(min(many-1, stories)-few, func(i int) bool { return !fits(few + 1 + i) })
	return abridge(few + more)
}

// renderPosts composes and renders the digests, one of posts for each.
func renderPosts(a chat.Adapter, digests []*digest.Digest, posts []compose.Post) (s sheet, err error) {
	if s.posts, err = a.Render(compose.Bundle(digests, posts)); err != nil {
		return s, &renderError{err}
	}
	if posts[0].Details != compose.Thread {
		return s, nil
	}
	if len(s.posts) > 0 {
		s.posts, s.thread = s.posts[:1:1], s.posts[1:]
	}
	for i, dig := range digests {
		for _, m := range compose.Replies(dig, posts[i]) {
			replies, err := a.Render(m)
			if err != nil {
				return s, &renderError{err}
			}
			s.thread = append(s.thread, replies...)
		}
	}
	return s, nil
}

// said is what a post says of a digest. It is asked for with each post.
func (d *Dispatcher) said(dig *digest.Card) ledger.Said {
	d.sheets.mu.Lock()
	defer d.sheets.mu.Unlock()
	if s, ok := d.sheets.said[dig]; ok {
		return s
	}
	s := ledger.Said{
		Digest: dig.ID, Day: dayOf(dig), Language: dig.Language,
		Text: dig.Fingerprint(), File: fileOf(dig), Headlines: dig.HeadlineHashes(), Pages: dig.PageHashes(),
	}
	if len(d.sheets.said) >= sheetLimit || d.sheets.said == nil {
		d.sheets.said = map[*digest.Card]ledger.Said{}
	}
	d.sheets.said[dig] = s
	return s
}

// fileOf names the bytes that a digest was read from; empty if they are not known.
func fileOf(dig *digest.Card) string {
	if dig.Hash == 0 {
		return ""
	}
	return strconv.FormatUint(dig.Hash, 16)
}

// dayOf is the day that a digest is about.
func dayOf(dig *digest.Card) string { return dig.Date.Format(time.DateOnly) }

// sheetLimit is how many sheets are kept; then all are made anew.
const sheetLimit = 64

// sheets keeps what was made of the library of this moment, so that a digest
// that goes to a thousand channels in one form is composed and rendered once.
type sheets struct {
	mu      sync.Mutex
	library *digest.Library
	made    map[string]func() (sheet, error)
	said    map[*digest.Card]ledger.Said // what posts of digests say
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
	made, err := once()
	if _, ok := errors.AsType[*renderError](err); err != nil && !ok { // its text may be read another time
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.made, key)
	}
	return made, err
}

// repeats are the stories of a digest that were told before, as far as the
// subscription cares.
func (d *Dispatcher) repeats(ctx context.Context, s Subscription, x *ledger.Delivery, l *digest.Library, dig *digest.Card) ([]compose.Repeat, error) {
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
	for _, e := range l.Earlier(dig, s.RepeatsWithin, func(e *digest.Card) bool {
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
		var post ledger.Delivery
		if post, err = ledger.Lead(ctx, d.Ledger, all[i]); err != nil {
			break
		}
		if first := post.First(); post.Key != x.Key && !post.Since.IsZero() && first != nil && first.Stands() {
			return post, true, nil
		}
	}
	return ledger.Delivery{}, false, err
}
