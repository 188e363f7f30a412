// Package post makes posts of digests: it has them composed as a subscription wants
// them and laid out by the adapter, in so many messages at most. It never knows what
// becomes of a post.
package post

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sort"
	"strconv"
	"sync"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/bot/platforms"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// Post is what a delivery posts: payloads for the channel, payloads for the
// thread under the first of them, and what they say. It is not changed once it
// is made.
type Post struct {
	Payloads, Thread []chat.Payload
	Said             []ledger.Said
	// Whole is how many messages the whole of it would have taken, if that is more
	// than its subscription allows, so that it has headlines alone; else 0.
	Whole int
}

// Messages is how many messages the post takes.
func (s Post) Messages() int { return len(s.Payloads) + len(s.Thread) }

// Error is the error of a digest that cannot be posted as it is.
type Error struct{ err error }

func (e *Error) Error() string { return ledger.Because(ledger.NotRendered, e.err) }

func (e *Error) Unwrap() error { return e.err }

// NotRendered is the error of a digest that cannot be posted for a reason.
func NotRendered(reason error) error { return &Error{reason} }

// Renderer composes and renders what deliveries post. Each post of the library
// of this moment is kept, so that a digest that goes to a thousand channels in one
// form is composed and rendered once.
type Renderer struct {
	Ledger        ledger.Deliveries
	Platforms     *platforms.Platforms
	Subscriptions *subscription.Registry
	Log           *slog.Logger

	cache cache
}

// Render composes and renders digests of a library as the delivery wants them.
// corrected is when the post was corrected, zero for one that was not. The error of
// digests that cannot be posted as they are is an *Error.
func (r *Renderer) Render(ctx context.Context, x *ledger.Delivery, l *digest.Library, digests []*digest.Card, corrected time.Time) (s Post, err error) {
	err = r.layOut(x, func() (err error) {
		s, err = r.draft(ctx, x, l, digests, corrected)
		return err
	})
	return s, err
}

// layOut has something of a digest composed or rendered, of which a panic is
// an *Error.
func (r *Renderer) layOut(x *ledger.Delivery, do func() error) error {
	err := panics.Contain(r.Log, "lay out this digest", do, "digest", x.Digest, "channel", x.Channel.String())
	if panics.Contained(err) {
		return &Error{err}
	}
	return err
}

// draft is Render before anything is contained.
func (r *Renderer) draft(ctx context.Context, x *ledger.Delivery, l *digest.Library, digests []*digest.Card, corrected time.Time) (Post, error) {
	a, s := r.Platforms.Adapters[x.Channel.Adapter], r.Subscriptions.Named(x.Subscription)
	look := s.Look
	look.Style, look.Language = compose.Style(x.Style), x.Language
	if look.Details == compose.Thread && !a.Capabilities().Threads {
		look.Details = compose.Inline
	}
	// The key is all that the payloads depend on. Addresses will do, because
	// what is kept keeps them taken.
	mention := s.Mention[x.Channel.Adapter]
	most := cmp.Or(s.MaxParts, subscription.DefaultMaxParts)
	key := fmt.Sprintf("%s %q %+v %d %d", x.Channel.Adapter, mention, look, most, corrected.UnixNano())
	var posts []compose.Post
	for _, dig := range digests {
		repeats, err := r.Repeats(ctx, s, x, l, dig)
		if err != nil {
			return Post{}, err
		}
		key += fmt.Sprintf(" %p %+v", dig, repeats)
		posts = append(posts, compose.Post{Look: look, Mention: mention, Popular: l.Popular, Repeats: repeats, Corrected: corrected})
	}
	return r.cache.of(l, key, func() (s Post, err error) {
		// A panic is kept as an error, too, or each channel would log it anew.
		err = r.layOut(x, func() (err error) {
			s, err = r.render(a, digests, posts, most)
			return err
		})
		return s, err
	})
}

// render lays the digests out, one of posts for each, in so many messages at
// most.
func (r *Renderer) render(a chat.Adapter, cards []*digest.Card, posts []compose.Post, most int) (Post, error) {
	digests, err := digest.ReadAll(cards)
	if err != nil {
		return Post{}, err
	}
	s, _, err := fit(a, digests, posts, most)
	for _, dig := range cards {
		s.Said = append(s.Said, r.Said(dig))
	}
	return s, err
}

// Fit is a digest as it is posted by an adapter in at most so many messages,
// and how many the whole of it would take if that is more; 0 means the default.
func Fit(a chat.Adapter, dig *digest.Digest, post compose.Post, most int) (m chat.Message, whole int, err error) {
	digests := []*digest.Digest{dig}
	s, posts, err := fit(a, digests, []compose.Post{post}, cmp.Or(most, subscription.DefaultMaxParts))
	return compose.Bundle(digests, posts), s.Whole, err
}

// fit lays the digests out in so many messages at most. Where the whole of them
// would take more, the posts become shorter: as many headlines as fit, with the
// rest behind a button.
func fit(a chat.Adapter, digests []*digest.Digest, posts []compose.Post, most int) (Post, []compose.Post, error) {
	whole, err := renderPosts(a, digests, posts)
	if err != nil || whole.Messages() <= most {
		return whole, posts, err
	}
	stories := 1
	for _, dig := range digests {
		stories = max(stories, len(dig.Stories))
	}
	abridge := func(n int) (Post, []compose.Post, error) {
		var short []compose.Post
		for _, p := range posts {
			short = append(short, p.Abridge(n))
		}
		s, err := renderPosts(a, digests, short)
		s.Whole = whole.Messages()
		return s, short, err
	}
	fits := func(n int) bool {
		s, _, err := abridge(n)
		return err == nil && s.Messages() <= most
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
func renderPosts(a chat.Adapter, digests []*digest.Digest, posts []compose.Post) (s Post, err error) {
	if s.Payloads, err = a.Render(compose.Bundle(digests, posts)); err != nil {
		return s, &Error{err}
	}
	if posts[0].Details != compose.Thread {
		return s, nil
	}
	if len(s.Payloads) > 0 {
		s.Payloads, s.Thread = s.Payloads[:1:1], s.Payloads[1:]
	}
	for i, dig := range digests {
		for _, m := range compose.Replies(dig, posts[i]) {
			replies, err := a.Render(m)
			if err != nil {
				return s, &Error{err}
			}
			s.Thread = append(s.Thread, replies...)
		}
	}
	return s, nil
}

// Said is what a post says of a digest. It is asked for with each post.
func (r *Renderer) Said(dig *digest.Card) ledger.Said {
	r.cache.mu.Lock()
	defer r.cache.mu.Unlock()
	if s, ok := r.cache.said[dig]; ok {
		return s
	}
	s := ledger.Said{
		Digest: dig.ID, Day: DayOf(dig), Language: dig.Language,
		Text: dig.Fingerprint(), File: fileOf(dig), Headlines: dig.HeadlineHashes(), Pages: dig.PageHashes(),
	}
	if len(r.cache.said) >= cacheLimit || r.cache.said == nil {
		r.cache.said = map[*digest.Card]ledger.Said{}
	}
	r.cache.said[dig] = s
	return s
}

// fileOf names the bytes that a digest was read from; empty if they are not known.
func fileOf(dig *digest.Card) string {
	if dig.Hash == 0 {
		return ""
	}
	return strconv.FormatUint(dig.Hash, 16)
}

// DayOf is the day that a digest is about, as the ledger has it.
func DayOf(dig *digest.Card) string { return dig.Date.Format(time.DateOnly) }

// cacheLimit is how many posts are kept; then all are made anew.
const cacheLimit = 64

// cache keeps what was made of the library of this moment.
type cache struct {
	mu      sync.Mutex
	library *digest.Library
	made    map[string]func() (Post, error)
	said    map[*digest.Card]ledger.Said // what posts of digests say
}

// of is the post of a key; make makes it if nobody has yet.
func (c *cache) of(l *digest.Library, key string, make func() (Post, error)) (Post, error) {
	c.mu.Lock()
	if c.library != l || len(c.made) >= cacheLimit {
		c.library, c.made = l, map[string]func() (Post, error){}
	}
	if c.made[key] == nil {
		c.made[key] = sync.OnceValues(make)
	}
	once := c.made[key]
	c.mu.Unlock()
	made, err := once()
	if _, ok := errors.AsType[*Error](err); err != nil && !ok { // its text may be read another time
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.made, key)
	}
	return made, err
}

// Repeats are the stories of a digest that were told before, as far as the
// subscription cares.
func (r *Renderer) Repeats(ctx context.Context, s subscription.Subscription, x *ledger.Delivery, l *digest.Library, dig *digest.Card) ([]compose.Repeat, error) {
	if s.Repeats != subscription.MarkRepeats && s.Repeats != subscription.HideRepeats {
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
		post, ok, err := r.posted(ctx, x, e.ID)
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
			repeats = append(repeats, compose.Repeat{Story: e.Story, Since: post.Since.In(s.Zone), URL: post.Parts.First().Receipt.URL, Hide: s.Repeats == subscription.HideRepeats})
		case s.Repeats == subscription.MarkRepeats:
			repeats = append(repeats, compose.Repeat{Story: e.Story, Since: e.Digest.Date})
		}
	}
	return repeats, nil
}

// posted finds the first delivery other than x that stands in the channel of x
// and tells of a digest.
func (r *Renderer) posted(ctx context.Context, x *ledger.Delivery, id string) (ledger.Delivery, bool, error) {
	all, err := r.Ledger.List(ctx, ledger.Query{Channel: x.Channel, Digest: id, Limit: -1})
	for i := len(all) - 1; i >= 0 && err == nil; i-- {
		var post ledger.Delivery
		if post, err = ledger.Lead(ctx, r.Ledger, all[i]); err != nil {
			break
		}
		if first := post.Parts.First(); post.Key != x.Key && !post.Since.IsZero() && first != nil && first.Stands() {
			return post, true, nil
		}
	}
	return ledger.Delivery{}, false, err
}

// MarkPublished marks the parts of x that are not posted yet to be passed on, if its
// subscription wants that.
func (r *Renderer) MarkPublished(x *ledger.Delivery) {
	if _, ok := r.Platforms.Adapters[x.Channel.Adapter].(chat.Publisher); !ok || !r.Subscriptions.Named(x.Subscription).Publish {
		return
	}
	for i := range x.Parts {
		if p := &x.Parts[i]; p.State == ledger.Planned && !p.Stands() && !p.Thread {
			p.Publish = ledger.Planned
		}
	}
}
