// Package post makes posts from digests: they are composed as a subscription specifies and
// rendered by the adapter, within a maximum number of messages. It knows nothing of the
// fate of a post.
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

// Post is the content of a delivery: payloads for the channel, payloads for the thread
// under the first of them, and what they say. It is immutable.
type Post struct {
	Payloads, Thread []chat.Payload
	Said             []ledger.Said
	// Whole is how many messages the whole would have taken, if that is more than its
	// subscription allows and the post has only headlines; else 0.
	Whole int
}

// Messages returns how many messages the post takes.
func (s Post) Messages() int { return len(s.Payloads) + len(s.Thread) }

// Error says that a digest cannot be posted as it is.
type Error struct{ err error }

func (e *Error) Error() string { return ledger.Because(ledger.NotRendered, e.err) }

func (e *Error) Unwrap() error { return e.err }

// NotRendered returns an Error with a reason.
func NotRendered(reason error) error { return &Error{reason} }

// Renderer composes and renders the posts of deliveries. It caches the posts of the current
// library, so that a digest that goes to a thousand channels in one form is composed and
// rendered once.
type Renderer struct {
	Ledger        ledger.Deliveries
	Platforms     *platforms.Platforms
	Subscriptions *subscription.Registry
	Log           *slog.Logger

	cache cache
}

// Render composes and renders digests of a library as the delivery requires. corrected is
// when the post was corrected; zero if it was not. If digests cannot be posted as they are,
// the error is an *Error.
func (r *Renderer) Render(ctx context.Context, x *ledger.Delivery, l *digest.Library, digests []*digest.Card, corrected time.Time) (s Post, err error) {
	err = r.layOut(x, func() (err error) {
		s, err = r.draft(ctx, x, l, digests, corrected)
		return err
	})
	return s, err
}

// layOut calls do, which composes or renders a digest. A panic becomes an *Error.
func (r *Renderer) layOut(x *ledger.Delivery, do func() error) error {
	err := panics.Contain(r.Log, "lay out this digest", do, "digest", x.Digest, "channel", x.Channel.String())
	if panics.Contained(err) {
		return &Error{err}
	}
	return err
}

// draft is Render without containing panics.
func (r *Renderer) draft(ctx context.Context, x *ledger.Delivery, l *digest.Library, digests []*digest.Card, corrected time.Time) (Post, error) {
	a, s := r.Platforms.Adapters[x.Channel.Adapter], r.Subscriptions.Named(x.Subscription)
	look := s.Look
	look.Style, look.Language = compose.Style(x.Style), x.Language
	if look.Details == compose.Thread && !a.Capabilities().Threads {
		look.Details = compose.Inline
	}
	// The key has everything on which the payloads depend. Addresses are unique, because
	// what is cached keeps the memory in use.
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
		// A panic is cached as an error, too, or it would be logged again for each channel.
		err = r.layOut(x, func() (err error) {
			s, err = r.render(a, digests, posts, most)
			return err
		})
		return s, err
	})
}

// render composes and renders the digests, one of posts for each, in at most most messages.
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

// Fit composes a digest so that an adapter posts it in at most most messages; 0 means the
// default. whole is how many messages the whole digest would take, if that is more.
func Fit(a chat.Adapter, dig *digest.Digest, post compose.Post, most int) (m chat.Message, whole int, err error) {
	digests := []*digest.Digest{dig}
	s, posts, err := fit(a, digests, []compose.Post{post}, cmp.Or(most, subscription.DefaultMaxParts))
	return compose.Bundle(digests, posts), s.Whole, err
}

// fit composes and renders the digests in at most most messages. If the whole of them would
// take more, the posts are shortened to as many headlines as fit, with a button to the
// rest.
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
	// The number of messages never falls as the number of headlines grows. There is at
	// least one headline. Only few of thousands fit, so the search begins with few.
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

// Said returns what a post says of a digest. It is called for each post.
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

// fileOf identifies the bytes from which a digest was read; empty if they are not known.
func fileOf(dig *digest.Card) string {
	if dig.Hash == 0 {
		return ""
	}
	return strconv.FormatUint(dig.Hash, 16)
}

// DayOf returns the day of a digest in the ledger's format.
func DayOf(dig *digest.Card) string { return dig.Date.Format(time.DateOnly) }

// cacheLimit is the maximum number of cached posts; when it is reached, the cache is
// emptied.
const cacheLimit = 64

// cache has what was made from the current library.
type cache struct {
	mu      sync.Mutex
	library *digest.Library
	made    map[string]func() (Post, error)
	said    map[*digest.Card]ledger.Said // what posts of digests say
}

// of returns the post for a key; if it is not cached, make makes it.
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
	if _, ok := errors.AsType[*Error](err); err != nil && !ok { // reading its text may succeed next time
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.made, key)
	}
	return made, err
}

// Repeats returns the stories of a digest that were posted before, as far as the
// subscription looks back.
func (r *Renderer) Repeats(ctx context.Context, s subscription.Subscription, x *ledger.Delivery, l *digest.Library, dig *digest.Card) ([]compose.Repeat, error) {
	if s.Repeats != subscription.MarkRepeats && s.Repeats != subscription.HideRepeats {
		return nil, nil
	}
	earlier := l.Earlier(dig, s.RepeatsWithin, s.Match.Accepts)
	if len(earlier) == 0 {
		return nil, nil
	}
	// The first message in this channel that had the story.
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

// posted returns the first delivery other than x that posted a digest in the channel of x.
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

// MarkPublished marks the parts of x that are not posted yet for publishing, if its
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
