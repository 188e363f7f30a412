package command

import (
	"hash/fnv"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/digest"
)

const (
	// answersKept is how many answers are kept, twice.
	answersKept = 512
	// lineKept is the longest line whose answer is kept.
	lineKept = 200
	// answerGood is how long an answer is good at most: so late a message of
	// another process, such as digestbot send, is linked to, and so late a new day
	// has its newest digest.
	answerGood = 10 * time.Second
)

// answers are those that were given lately by verbs that are pure, for as long
// as they would be the same.
type answers struct {
	mu          sync.Mutex
	recent, old map[question]*answer
	// posts counts what became of deliveries, by a hash of their channels, so that
	// a post in one channel leaves the answers of others as they are.
	posts [256]atomic.Uint64
}

// question is what the words of an answer depend on, of a request.
type question struct {
	channel      chat.Channel
	locale, line string
}

// moment is what an answer is made of.
type moment struct {
	library *digest.Library
	serving dispatch.Subscription
	posts   uint64
	at      time.Time
}

// answer is an answer of a verb, and what it was made of.
type answer struct {
	moment
	verb  string
	reply chat.Message
}

// stamps counts the answers of this process.
var stamps atomic.Uint64

// moment is what an answer will be made of.
func (d *Desk) moment(r chat.Request, now time.Time) moment {
	serving, _ := d.Serving(r.Channel)
	return moment{d.Library(), serving, d.answers.of(r.Channel).Load(), now}
}

// of is the count of a channel.
func (a *answers) of(c chat.Channel) *atomic.Uint64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(c.Adapter))
	_, _ = h.Write([]byte(c.ID))
	return &a.posts[h.Sum32()%uint32(len(a.posts))]
}

// Delivered is to be told of each step of a delivery, so that answers link to
// what stands in the channel.
func (d *Desk) Delivered(x ledger.Delivery) { d.answers.of(x.Channel).Add(1) }

// given is the answer that was given to the same question, if it would be given
// again at this moment.
func (a *answers) given(r chat.Request, is *moment) (*answer, bool) {
	q := question{r.Channel, r.Locale, r.Line}
	a.mu.Lock()
	was, ok := a.recent[q]
	if !ok {
		if was, ok = a.old[q]; ok {
			a.put(q, was)
		}
	}
	a.mu.Unlock()
	if !ok || was.library != is.library || was.posts != is.posts || is.at.Sub(was.at) >= answerGood || !alike(&was.serving, &is.serving) {
		return nil, false
	}
	return was, true
}

// keep keeps an answer to be given again, and stamps it.
func (a *answers) keep(r chat.Request, is moment, verb string, reply chat.Message) chat.Message {
	if len(r.Line) > lineKept {
		return reply
	}
	// Whoever appends to it makes a copy.
	reply.Blocks, reply.Note = slices.Clip(reply.Blocks), slices.Clip(reply.Note)
	reply.Stamp = "answer " + strconv.FormatUint(stamps.Add(1), 36)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.put(question{r.Channel, r.Locale, r.Line}, &answer{is, verb, reply})
	return reply
}

// put makes room by forgetting what nobody has asked for since as many others
// were. The caller holds mu.
func (a *answers) put(q question, is *answer) {
	if len(a.recent) >= answersKept || a.recent == nil {
		a.old, a.recent = a.recent, make(map[question]*answer, answersKept)
	}
	a.recent[q] = is
}

// alike reports whether two subscriptions make no difference to an answer.
func alike(a, b *dispatch.Subscription) bool {
	zones := a.Zone == b.Zone || a.Zone != nil && b.Zone != nil && a.Zone.String() == b.Zone.String()
	return zones && a.Name == b.Name && a.Style == b.Style && a.Details == b.Details && a.Language == b.Language && a.Picture == b.Picture &&
		slices.Equal(a.Match.Categories, b.Match.Categories) && slices.Equal(a.Match.Any, b.Match.Any) && slices.Equal(a.Match.None, b.Match.None)
}
