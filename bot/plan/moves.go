package plan

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/post"
	"github.com/digestbot/digestbot/digest"
)

// moves tracks digests whose files were moved.
type moves struct {
	*Deps
	// library is the one with which deliveries were last compared. Planning uses it, so
	// that a file that is moved in the meantime is not taken for a new one.
	library atomic.Pointer[digest.Library]
	mu      sync.Mutex
	first   map[string]string // the first ID of a digest, by its ID
}

// behind reports whether the library has changed since deliveries were compared
// with it.
func (m *moves) behind(l *digest.Library) bool {
	last := m.library.Load()
	return last != nil && last != l
}

// forget makes the next comparison like the first one after a restart.
func (m *moves) forget() {
	m.library.Store(nil)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.first = nil
}

// firstID returns the ID that a digest had when the bot first posted it.
func (m *moves) firstID(s ledger.Said) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return cmp.Or(s.Was, m.first[s.Digest], s.Digest)
}

func (m *moves) note(id, first string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.first == nil {
		m.first = map[string]string{}
	}
	m.first[id] = first
}

// dayBefore is how much earlier than its day a digest may have been planned: a day begins
// earlier in the east, and the digest's date may have been corrected.
const dayBefore = 7 * 24 * time.Hour

// move reassigns deliveries whose file no longer has what they said to the digest that has
// it now: the file was renamed or moved, or copied and rewritten. It does so if the library
// has changed since the last time.
func (m *moves) move(ctx context.Context, now time.Time) error {
	l := m.Library()
	before := m.library.Load()
	if l == before {
		return nil
	}
	h := homes{
		of: m, now: now, before: before, library: l, byDay: map[string][]*digest.Card{}, byTitle: map[string][]*digest.Card{}, said: map[*digest.Card]ledger.Said{},
		told: map[string]bool{}, composed: map[string]bool{}, from: map[string]string{}, to: map[wanted]*digest.Card{},
	}
	h.add(m.arrived(before, l))
	if before == nil {
		if err := h.begin(ctx, now); err != nil {
			return err
		}
	}
	if len(h.digests) > 0 {
		if err := h.find(ctx); err != nil {
			return err
		}
	}
	// In batches, so that others can write in between; if the process dies, the rest is
	// found again.
	for some := range slices.Chunk(h.moves, planBatch) {
		if err := m.Ledger.Move(ctx, some...); err != nil {
			return err
		}
	}
	for to, from := range h.from {
		m.Log.Info("plan: deliveries follow a digest that was moved", "digest", to, "was", from)
	}
	if err := m.seeMoved(ctx, l, h.from); err != nil {
		return err
	}
	m.library.Store(l)
	return nil
}

// seeMoved gives moved digests the time at which they were first seen under their old IDs.
func (m *moves) seeMoved(ctx context.Context, l *digest.Library, from map[string]string) error {
	for to, id := range from {
		if l.ByID(id) != nil {
			continue // the old file still exists, and is older than its present text
		}
		seen, err := m.Ledger.Seen(ctx, id)
		if err != nil {
			return err
		}
		if at, ok := seen[id]; ok {
			if err := m.Ledger.See(ctx, at, to); err != nil {
				return err
			}
		}
	}
	return nil
}

// arrived returns the digests of a library that were not in the one before under their IDs;
// all of them if there was none.
func (m *moves) arrived(before, after *digest.Library) (digests []*digest.Card) {
	if before == nil {
		return after.All()
	}
	for _, dig := range after.All() {
		was := before.ByID(dig.ID)
		if was == dig || was != nil && !rewritten(m.Posts.Said(was), m.Posts.Said(dig)) {
			continue
		}
		digests = append(digests, dig)
	}
	return digests
}

// homes finds new homes for deliveries.
type homes struct {
	of         *moves
	now        time.Time
	before     *digest.Library // nil if there was no earlier comparison
	library    *digest.Library
	since      time.Time      // when the first of the deliveries may have been planned
	digests    []*digest.Card // candidates
	byDay      map[string][]*digest.Card
	byTitle    map[string][]*digest.Card // by folded title
	byHeadline map[string][]*digest.Card // by its hash; nil until needed
	said       map[*digest.Card]ledger.Said
	told       map[string]bool // IDs of digests that have deliveries
	composed   map[string]bool // IDs of digests that have composed deliveries
	moves      []ledger.Move
	from       map[string]string       // old IDs of moved digests, by new ID
	to         map[wanted]*digest.Card // where they were moved
}

// add adds candidates.
func (h *homes) add(digests []*digest.Card) {
	h.digests = digests
	for _, dig := range digests {
		day := post.DayOf(dig)
		h.byDay[day] = append(h.byDay[day], dig)
		title := digest.Fold(dig.Label())
		h.byTitle[title] = append(h.byTitle[title], dig)
		if from := dig.Date.Add(-dayBefore); h.since.IsZero() || from.Before(h.since) {
			h.since = from
		}
	}
}

// reused is how far back a starting process looks for digests whose ID now belongs to
// another one, if no posted digest has left the library for a new place.
const reused = 60 * 24 * time.Hour

// begin decides how far back to look when a process begins: a ledger may cover years, and
// most digests have not moved.
func (h *homes) begin(ctx context.Context, now time.Time) error {
	told, err := h.of.Ledger.Digests(ctx)
	if err != nil {
		return err
	}
	here := 0
	for _, dig := range h.library.All() {
		if told[dig.ID] {
			here++
		}
	}
	if since := now.Add(-reused); (here == len(told) || here == h.library.Len()) && h.since.Before(since) {
		h.since = since
	}
	return nil
}

// wanted identifies a digest by its ID and the slot that planned it: within one slot, an ID
// means one digest.
type wanted struct {
	digest, subscription string
	slot                 time.Time
}

// telling is what several deliveries have in common: the digest and what they say of it.
type telling struct {
	wanted
	title, text string
}

// find decides which deliveries to move, and where.
func (h *homes) find(ctx context.Context) error {
	said, keys := map[telling]ledger.Said{}, map[telling][]chat.Key{}
	var composed, open []telling
	for t, err := range h.of.Ledger.Told(ctx, h.since) {
		if err != nil {
			return err
		}
		h.told[t.Digest] = true
		if t.Said.Digest == "" && (!t.Open || h.library.ByID(t.Digest) != nil) {
			continue
		}
		this := telling{wanted{t.Digest, t.Subscription, t.Slot}, t.Title, t.Said.Text}
		if _, ok := said[this]; !ok {
			said[this] = t.Said
			if t.Said.Digest == "" {
				open = append(open, this)
			} else {
				composed = append(composed, this)
				h.composed[this.digest] = true
			}
			if t.Said.Was != "" {
				h.of.note(t.Digest, t.Said.Was)
			}
		}
		keys[this] = append(keys[this], t.Key)
	}
	for _, this := range composed {
		if to := h.home(said[this], this.title); to != nil {
			h.send(keys[this], this.wanted, to)
			h.of.note(to.ID, h.of.firstID(said[this]))
		}
	}
	for _, this := range open {
		if to := h.homeOfOpen(this); to != nil {
			h.send(keys[this], this.wanted, to)
		}
	}
	return nil
}

// send moves deliveries.
func (h *homes) send(keys []chat.Key, what wanted, to *digest.Card) {
	for _, key := range keys {
		h.moves = append(h.moves, ledger.Move{Key: key, From: what.digest, To: to.ID})
	}
	h.from[to.ID], h.to[what] = what.digest, to
}

// home returns the digest that now has what was posted under another ID; nil if that has
// not moved, or is nowhere. If the original place has something similar on the same day,
// such as the evening edition, the delivery stays there unless another file has its text
// word for word.
func (h *homes) home(before ledger.Said, title string) (to *digest.Card) {
	best, near := 0, h.sharing(before)
	here := h.library.ByID(before.Digest)
	if here != nil && tells(here, func() ledger.Said { return h.says(here) }, before) {
		best = exactly - 1
	} else if before.Day != "" {
		near = append(slices.Clone(h.byDay[before.Day]), near...)
	}
	for _, dig := range near {
		if dig == here {
			continue
		}
		if n := likeness(before, h.says(dig), title, dig.Label()); n > best {
			to, best = dig, n
		}
	}
	if to != nil && here != nil && h.says(here).Text == before.Text {
		return nil
	}
	return to
}

// sharing returns the digests of any day that share a headline with before, ignoring
// headlines that many digests have.
func (h *homes) sharing(before ledger.Said) (digests []*digest.Card) {
	if h.byHeadline == nil {
		h.byHeadline = map[string][]*digest.Card{}
		for _, dig := range h.digests {
			for _, headline := range distinct(dig.HeadlineHashes()) {
				h.byHeadline[headline] = append(h.byHeadline[headline], dig)
			}
		}
	}
	const many = 50
	for _, headline := range before.Headlines {
		if having := h.byHeadline[headline]; len(having) <= many {
			digests = append(digests, having...)
		}
	}
	return digests
}

// says returns what a post would say of a digest.
func (h *homes) says(dig *digest.Card) ledger.Said {
	s, ok := h.said[dig]
	if !ok {
		s = h.of.Posts.Said(dig)
		h.said[dig] = s
	}
	return s
}

// homeOfOpen returns the digest for which a delivery that is not composed yet was planned:
// the one that has what the library had before under its ID, the one that its slot has
// posted to other channels, or one with the same title that its slot wanted and of which
// nothing was planned. The first deliveries for a channel have no slot. Neither has a
// resend, but its digest was composed before.
func (h *homes) homeOfOpen(this telling) *digest.Card {
	if h.before != nil {
		if was := h.before.ByID(this.digest); was != nil {
			if to := h.home(h.of.Posts.Said(was), this.title); to != nil {
				return to
			}
		}
	}
	s := h.of.Subscriptions.Named(this.subscription)
	if s.Zone == nil {
		return nil
	}
	if to := h.to[this.wanted]; to != nil {
		return to
	}
	wantedAt := this.slot
	if wantedAt.IsZero() {
		wantedAt = h.now
		if h.composed[this.digest] {
			return nil
		}
	}
	for _, dig := range h.byTitle[digest.Fold(this.title)] {
		if !h.told[dig.ID] && h.from[dig.ID] == "" && s.Match.Accepts(dig) && s.Fresh(dig, wantedAt) && !digest.OtherLanguage(this.digest, dig.ID) {
			return dig
		}
	}
	return nil
}

// untold returns those of a subscription's first deliveries whose digests were not yet
// posted in their channels under any ID.
func (m *moves) untold(ctx context.Context, channels []chat.Channel, planned []ledger.Delivery) ([]ledger.Delivery, error) {
	var ids []string
	for _, x := range planned {
		if !slices.Contains(ids, x.Digest) {
			ids = append(ids, x.Digest)
		}
	}
	known, err := m.Ledger.Known(ctx, channels, ids...)
	if err != nil {
		return nil, err
	}
	planned = slices.DeleteFunc(planned, func(x ledger.Delivery) bool {
		_, told := known[slices.Index(channels, x.Channel)][x.Digest]
		return told
	})
	return planned, m.rekey(ctx, planned)
}

// rekey gives new keys to deliveries of digests that have replaced others, because the keys
// derived from their IDs belong to the deliveries of those others.
func (m *moves) rekey(ctx context.Context, planned []ledger.Delivery) error {
	var keys []chat.Key
	for _, x := range planned {
		keys = append(keys, x.Key)
	}
	taken, err := m.Ledger.Taken(ctx, keys...)
	if err != nil || len(taken) == 0 {
		return err
	}
	l, became := m.library.Load(), map[chat.Key]chat.Key{}
	for i := range planned {
		x := &planned[i]
		if of, ok := taken[x.Key]; ok && of != x.Digest && l.ByID(x.Digest) != nil {
			key := ledger.NewEdition(m.Posts.Said(l.ByID(x.Digest)), x.Title, x.Channel, x.Planned).Key
			became[x.Key], x.Key = key, key
		}
		if key, ok := became[x.Bundle]; ok {
			x.Bundle = key
		}
	}
	return nil
}
