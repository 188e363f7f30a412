package adaptertest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/adaptertest/specimens"
	"github.com/digestbot/digestbot/bot/chat"
)

func TestPaperPasses(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	h := stand(nil)
	h.Golden = t.TempDir()
	*update = true
	Run(t, h)
	*update = false
	a := h.Open(t).Adapter
	for _, s := range specimens.All(h.Mention...) {
		t.Run("golden "+s.Name, func(t *testing.T) { runRender(t, h, a, s) })
	}
}

// Each of these adapters breaks a rule. The suite must detect it.
type (
	losesWords    struct{ *paper }
	losesLinks    struct{ *paper }
	losesLines    struct{ *paper }
	impure        struct{ *paper }
	meddles       struct{ *paper }
	fails         struct{ *paper }
	linksScripts  struct{ *paper }
	spills        struct{ *paper }
	sendsTwice    struct{ *paper }
	rewrites      struct{ *paper }
	allRetryable  struct{ *paper }
	impatient     struct{ *paper }
	blabs         struct{ *paper }
	deaf          struct{ *paper }
	blind         struct{ *paper }
	sure          struct{ *paper }
	forgetsKeys   struct{ *paper }
	off           struct{ *paper }
	shouts        struct{ *paper }
	mumbles       struct{ *paper }
	flatters      struct{ *paper }
	escapes       struct{ *paper }
	stays         struct{ *paper }
	strays        struct{ *paper }
	silent        struct{ *paper }
	stumbles      struct{ *paper }
	losesNotes    struct{ *paper }
	losesPictures struct{ *paper }
	losesButtons  struct{ *paper }
	strands       struct{ *paper }
	numbersOne    struct{ *paper }
	numbersNone   struct{ *paper }
	callsAgain    struct{ *paper }
	callsNobody   struct{ *paper }
	callsOnEdit   struct{ *paper }
	editsNothing  struct{ *paper }
	editsAnew     struct{ *paper }
	editsKey      struct{ *paper }
	revives       struct{ *paper }
	removesOnce   struct{ *paper }
	unthreads     struct{ *paper }
	losesThreads  struct{ *paper }
	misfilesForum struct{ *paper }
	republishes   struct{ *paper }
	draws         struct {
		*paper
		change func(page string) string
	}
	forgetsRequests struct {
		*paper
		another func() string
	}
)

// replaced renders a message and replaces a string in its payloads.
func replaced(p *paper, m chat.Message, old, with string) ([]chat.Payload, error) {
	payloads, err := p.Render(m)
	for i := range payloads {
		payloads[i] = bytes.ReplaceAll(payloads[i], []byte(old), []byte(with))
	}
	return payloads, err
}

func (a losesWords) Render(m chat.Message) ([]chat.Payload, error) {
	return replaced(a.paper, m, "异步", "")
}

func (a losesLinks) Render(m chat.Message) ([]chat.Payload, error) {
	return replaced(a.paper, m, "postgresql-18-released-3142/", "")
}

func (a losesLines) Render(m chat.Message) ([]chat.Payload, error) {
	return replaced(a.paper, m, "digest tag PostgreSQL", "")
}

var clock atomic.Int32

func (a impure) Render(m chat.Message) ([]chat.Payload, error) {
	m.Footer += fmt.Sprint(clock.Add(1))
	return a.paper.Render(m)
}

func (a meddles) Render(m chat.Message) ([]chat.Payload, error) {
	slices.Reverse(m.Blocks)
	payloads, err := a.paper.Render(m)
	m.Blocks[0] = chat.Paragraph{}
	return payloads, err
}

func (fails) Render(chat.Message) ([]chat.Payload, error) { return nil, errors.New("too long") }

func (a linksScripts) Render(m chat.Message) ([]chat.Payload, error) {
	return replaced(a.paper, m, `"url":"https:`, `"url":"javascript:`)
}

func (a spills) Render(m chat.Message) ([]chat.Payload, error) {
	m.Footer += strings.Repeat("长", 401)
	return replaced(a.paper, m, `"},{"text":"长`, "长")
}

func (a sendsTwice) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	r, err := a.paper.Send(ctx, to, p, key)
	if err != nil {
		return a.paper.Send(ctx, to, p, key)
	}
	_, err = a.paper.Send(ctx, to, p, key+"x")
	return r, err
}

func (a rewrites) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	return a.paper.Send(ctx, to, bytes.ReplaceAll(p, []byte("Rust"), []byte("Go")), key)
}

func (a allRetryable) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	r, err := a.paper.Send(ctx, to, p, key)
	if err != nil {
		err = &chat.SendError{Outcome: chat.Retryable, RetryAfter: time.Minute, Err: err}
	}
	return r, err
}

func (a impatient) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	r, err := a.paper.Send(ctx, to, p, key)
	if e, ok := errors.AsType[*chat.SendError](err); ok {
		e.RetryAfter = 0
	}
	return r, err
}

func (a blabs) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	r, err := a.paper.Send(ctx, to, p, key)
	if err != nil {
		err = fmt.Errorf("post with the wall's key: %w", err)
	}
	return r, err
}

func (a deaf) Send(_ context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	return a.paper.Send(context.Background(), to, p, key)
}

func (blind) Find(context.Context, chat.Channel, chat.Key, time.Time) (chat.Receipt, error) {
	return chat.Receipt{}, chat.ErrNotFound
}

func (sure) Find(_ context.Context, in chat.Channel, _ chat.Key, _ time.Time) (chat.Receipt, error) {
	return chat.Receipt{Channel: in, ID: "0"}, nil
}

func (a forgetsKeys) Send(ctx context.Context, to chat.Channel, p chat.Payload, _ chat.Key) (chat.Receipt, error) {
	return a.paper.Send(ctx, to, p, chat.Key(fmt.Sprint(a.requests)))
}

func (off) Capabilities() chat.Capabilities { return chat.Capabilities{Off: "no token"} }

// hears modifies requests before they reach the handler.
type hears struct {
	chat.Handler
	change func(*chat.Request)
}

func (h hears) Handle(ctx context.Context, r chat.Request) chat.Message {
	h.change(&r)
	return h.Handler.Handle(ctx, r)
}

func (a flatters) Listen(ctx context.Context, root chat.Command, h chat.Handler, ready func(string)) error {
	return a.paper.Listen(ctx, root, hears{h, func(r *chat.Request) { r.User.Admin = true }}, ready)
}

func (a escapes) Listen(ctx context.Context, root chat.Command, h chat.Handler, ready func(string)) error {
	return a.paper.Listen(ctx, root, hears{h, func(r *chat.Request) { r.Line = strings.ReplaceAll(r.Line, "<", "&lt;") }}, ready)
}

func (a strays) Listen(ctx context.Context, root chat.Command, h chat.Handler, ready func(string)) error {
	return a.paper.Listen(ctx, root, hears{h, func(r *chat.Request) { r.Channel.ID = "void" }}, ready)
}

func (a stays) Listen(ctx context.Context, root chat.Command, h chat.Handler, ready func(string)) error {
	go func() { <-context.WithoutCancel(ctx).Done() }()
	return a.paper.Listen(ctx, root, h, ready)
}

func (a stumbles) Listen(ctx context.Context, root chat.Command, h chat.Handler, ready func(string)) error {
	return a.paper.Listen(ctx, root, trips{h}, ready)
}

// trips returns an empty answer if the handler panics.
type trips struct{ chat.Handler }

func (h trips) Handle(ctx context.Context, r chat.Request) chat.Message {
	defer func() { _ = recover() }()
	return h.Handler.Handle(ctx, r)
}

func (a silent) Listen(ctx context.Context, root chat.Command, h chat.Handler, _ func(string)) error {
	return a.paper.Listen(ctx, root, h, func(string) {})
}

func (a losesNotes) Render(m chat.Message) ([]chat.Payload, error) {
	m.Note = nil
	return a.paper.Render(m)
}

func (a losesPictures) Render(m chat.Message) ([]chat.Payload, error) {
	m.Picture.URL = ""
	return a.paper.Render(m)
}

func (a losesButtons) Render(m chat.Message) ([]chat.Payload, error) {
	return replaced(a.paper, m, "https://b512.example", "https://b.example")
}

// lined renders a message and passes its lines to change, which returns those
// of the payloads.
func lined(p *paper, m chat.Message, change func(sheet) []sheet) ([]chat.Payload, error) {
	payloads, err := p.Render(m)
	var out []chat.Payload
	for _, payload := range payloads {
		for _, s := range change(lines(payload)) {
			data, err := json.Marshal(s)
			if err != nil {
				return nil, err
			}
			out = append(out, data)
		}
	}
	return out, err
}

func (a strands) Render(m chat.Message) ([]chat.Payload, error) {
	return lined(a.paper, m, func(s sheet) (all []sheet) {
		for one := range slices.Chunk(s, 1) {
			all = append(all, one)
		}
		return all
	})
}

func (a numbersOne) Render(m chat.Message) ([]chat.Payload, error) {
	return lined(a.paper, m, func(s sheet) []sheet { return []sheet{append(s, line{Text: "part 1 of 1"})} })
}

func (a numbersNone) Render(m chat.Message) ([]chat.Payload, error) {
	return lined(a.paper, m, func(s sheet) []sheet { return []sheet{s[:len(s)-1]} })
}

func (a callsAgain) Render(m chat.Message) ([]chat.Payload, error) {
	return lined(a.paper, m, func(s sheet) []sheet {
		for _, id := range m.Mention {
			s = append(s, line{Call: id})
		}
		return []sheet{s}
	})
}

func (a callsNobody) Render(m chat.Message) ([]chat.Payload, error) {
	m.Mention = nil
	return a.paper.Render(m)
}

func (a callsOnEdit) Edit(ctx context.Context, r chat.Receipt, p chat.Payload, key chat.Key) error {
	a.notified = append(a.notified, "reader-1")
	return a.paper.Edit(ctx, r, p, key)
}

func (editsNothing) Edit(context.Context, chat.Receipt, chat.Payload, chat.Key) error { return nil }

func (a editsAnew) Edit(ctx context.Context, r chat.Receipt, p chat.Payload, key chat.Key) error {
	_, err := a.Send(ctx, r.Channel, p, key+"again")
	return err
}

func (a editsKey) Edit(ctx context.Context, r chat.Receipt, p chat.Payload, key chat.Key) error {
	if n := a.at(r); n != nil {
		n.key = "edited"
	}
	return a.paper.Edit(ctx, r, p, key)
}

func (a revives) Edit(ctx context.Context, r chat.Receipt, p chat.Payload, key chat.Key) error {
	if err := a.paper.Edit(ctx, r, p, key); !errors.Is(err, chat.ErrNotFound) {
		return err
	}
	_, err := a.Send(ctx, r.Channel, p, key+"again")
	return err
}

func (a removesOnce) Remove(ctx context.Context, r chat.Receipt) error {
	if a.at(r) == nil {
		return chat.ErrNotFound
	}
	return a.paper.Remove(ctx, r)
}

func (a unthreads) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	r, err := a.paper.Send(ctx, chat.Channel{Adapter: to.Adapter, ID: to.ID}, p, key)
	r.Channel = to
	return r, err
}

func (a losesThreads) Find(ctx context.Context, in chat.Channel, key chat.Key, since time.Time) (chat.Receipt, error) {
	if in.Thread != "" {
		return chat.Receipt{}, chat.ErrNotFound
	}
	return a.paper.Find(ctx, in, key, since)
}

func (a misfilesForum) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	r, err := a.paper.Send(ctx, to, p, key)
	r.Channel = to
	return r, err
}

func (a republishes) Publish(_ context.Context, r chat.Receipt) error {
	a.passed = append(a.passed, r.ID)
	return nil
}

func (a draws) Draw(p chat.Payload) ([]byte, string, error) {
	page, builder, err := a.paper.Draw(p)
	return []byte(a.change(string(page))), builder, err
}

func TestBrokenAdaptersAreCaught(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	patience = 200 * time.Millisecond
	t.Cleanup(func() { patience = 10 * time.Second })
	specimen := func(name string) specimens.Specimen {
		all := specimens.All("reader-1", "reader-2")
		return all[slices.IndexFunc(all, func(s specimens.Specimen) bool { return s.Name == name })]
	}
	pure := func(t *testing.T, h Harness) error { return checkPure(h.Open(t).Adapter, specimen("morning").Message) }
	payloads := func(name string, check func(Harness, chat.Message, []chat.Payload) error) func(*testing.T, Harness) error {
		return func(t *testing.T, h Harness) error {
			all, err := h.Open(t).Adapter.Render(specimen(name).Message)
			if err != nil {
				t.Fatal(err)
			}
			return check(h, specimen(name).Message, all)
		}
	}
	whole := payloads("morning", checkWhole)
	numbers := func(name string) func(*testing.T, Harness) error {
		return payloads(name, func(h Harness, _ chat.Message, p []chat.Payload) error { return checkNumbers(h, p) })
	}
	drawn := func(t *testing.T, h Harness) error {
		a := h.Open(t).Adapter
		return payloads("pictured", func(_ Harness, m chat.Message, p []chat.Payload) error { return checkDraw(a, m, p) })(t, h)
	}
	drawing := func(old, with string) func(*paper) chat.Adapter {
		return func(p *paper) chat.Adapter {
			return draws{p, func(page string) string { return strings.ReplaceAll(page, old, with) }}
		}
	}
	valid := payloads("morning", func(h Harness, _ chat.Message, p []chat.Payload) error { return checkPayloads(h, p) })
	fault := func(f Fault) func(*testing.T, Harness) error {
		return func(t *testing.T, h Harness) error {
			return checkFault(t, h, fates[slices.IndexFunc(fates, func(x fate) bool { return x.fault == f })])
		}
	}
	for _, tt := range []struct {
		name  string
		with  func(*paper) chat.Adapter
		check func(*testing.T, Harness) error
		want  string
	}{
		{"loses words", func(p *paper) chat.Adapter { return losesWords{p} }, whole, "only this much is found"},
		{"loses links", func(p *paper) chat.Adapter { return losesLinks{p} }, whole, "postgresql-18-released-3142/\" is lost"},
		{"loses lines", func(p *paper) chat.Adapter { return losesLines{p} }, whole, "lost its line"},
		{"reorders", func(p *paper) chat.Adapter { return meddles{p} }, whole, "out of order"},
		{"meddles", func(p *paper) chat.Adapter { return meddles{p} }, pure, "changed the message"},
		{"impure", func(p *paper) chat.Adapter { return impure{p} }, pure, "must be pure"},
		{"fails", func(p *paper) chat.Adapter { return fails{p} }, pure, "Render failed"},
		{"links scripts", func(p *paper) chat.Adapter { return linksScripts{p} }, valid, "not http or https"},
		{"spills", func(p *paper) chat.Adapter { return spills{p} }, valid, "breaks a rule"},
		{"sends twice", func(p *paper) chat.Adapter { return sendsTwice{p} }, checkRoundTrip, "made 2 requests"},
		{"retries", func(p *paper) chat.Adapter { return sendsTwice{p} }, fault(ServerError), "reported no error"},
		{"rewrites", func(p *paper) chat.Adapter { return rewrites{p} }, checkRoundTrip, "differs"},
		{"finds nothing", func(p *paper) chat.Adapter { return blind{p} }, checkRoundTrip, "found by its key"},
		{"finds nothing in doubt", func(p *paper) chat.Adapter { return blind{p} }, fault(AnswerLost), "posted twice"},
		{"finds all", func(p *paper) chat.Adapter { return sure{p} }, checkRoundTrip, "found by its key"},
		{"finds what is absent", func(p *paper) chat.Adapter { return sure{p} }, fault(ServerError), "want chat.ErrNotFound"},
		{"finds without looking", func(p *paper) chat.Adapter { return blind{p} }, checkContext, "has not looked"},
		{"forgets keys", func(p *paper) chat.Adapter { return forgetsKeys{p} }, checkOnce, "want one message"},
		{"deaf", func(p *paper) chat.Adapter { return deaf{p} }, checkContext, "honour its context"},
		{"deaf and hanging", func(p *paper) chat.Adapter { return deaf{p} }, fault(Hang), "did not return"},
		{"retries what is lost", func(p *paper) chat.Adapter { return allRetryable{p} }, fault(AnswerLost), "want \"in doubt\""},
		{"retries a missing channel", func(p *paper) chat.Adapter { return allRetryable{p} }, checkMissing, "want \"rejected channel\""},
		{"impatient", func(p *paper) chat.Adapter { return impatient{p} }, fault(Limited), "RetryAfter"},
		{"blabs", func(p *paper) chat.Adapter { return blabs{p} }, fault(NoAccount), "contains a secret"},
		{"off", func(p *paper) chat.Adapter { return off{p} }, checkFacts, "must be empty"},
		{"shouts", func(p *paper) chat.Adapter { return shouts{p} }, checkListen, "was private: false"},
		{"mumbles", func(p *paper) chat.Adapter { return mumbles{p} }, checkListen, "lost words"},
		{"flatters", func(p *paper) chat.Adapter { return flatters{p} }, checkListen, "Admin = true"},
		{"escapes", func(p *paper) chat.Adapter { return escapes{p} }, checkListen, "escapes must be undone"},
		{"strays", func(p *paper) chat.Adapter { return strays{p} }, checkListen, "received it from"},
		{"stays", func(p *paper) chat.Adapter { return stays{p} }, checkListen, "left 1 goroutines"},
		{"stumbles", func(p *paper) chat.Adapter { return stumbles{p} }, checkListen, "the handler panicked and the reply is"},
		{"silent", func(p *paper) chat.Adapter { return silent{p} }, checkListen, "never called ready"},
		{"loses notes", func(p *paper) chat.Adapter { return losesNotes{p} }, payloads("corrected", checkWhole), "the note is lost"},
		{"loses pictures", func(p *paper) chat.Adapter { return losesPictures{p} }, payloads("pictured", checkWhole), "green-tea.png"},
		{"loses link buttons", func(p *paper) chat.Adapter { return losesButtons{p} }, payloads("buttons", checkWhole), "b512.example/\"… (512 characters) is lost"},
		{"strands headlines", func(p *paper) chat.Adapter { return strands{p} }, whole, "stands alone at the end of payload"},
		{"numbers one", func(p *paper) chat.Adapter { return numbersOne{p} }, numbers("compact"), "the only payload is numbered"},
		{"numbers none", func(p *paper) chat.Adapter { return numbersNone{p} }, numbers("long"), "a part must have its number"},
		{"calls in each part", func(p *paper) chat.Adapter { return callsAgain{p} }, payloads("called", checkMentions), "only the first payload"},
		{"calls nobody", func(p *paper) chat.Adapter { return callsNobody{p} }, payloads("called", checkMentions), "whom the message mentions"},
		{"notifies twice", func(p *paper) chat.Adapter { return callsAgain{p} }, checkQuiet, "each must be notified once"},
		{"notifies on edit", func(p *paper) chat.Adapter { return callsOnEdit{p} }, checkQuiet, "an edit notified people"},
		{"edits nothing", func(p *paper) chat.Adapter { return editsNothing{p} }, checkEdit, "differs"},
		{"posts for an edit", func(p *paper) chat.Adapter { return editsAnew{p} }, checkEdit, "made 1 requests"},
		{"edits the key", func(p *paper) chat.Adapter { return editsKey{p} }, checkEdit, "an edit must keep the key"},
		{"revives", func(p *paper) chat.Adapter { return revives{p} }, checkEdit, "did not want it there"},
		{"removes once", func(p *paper) chat.Adapter { return removesOnce{p} }, checkEdit, "must succeed"},
		{"posts beside the thread", func(p *paper) chat.Adapter { return unthreads{p} }, checkThread, "are in the thread"},
		{"finds no thread", func(p *paper) chat.Adapter { return losesThreads{p} }, checkThread, "in a thread returned"},
		{"misfiles a forum", func(p *paper) chat.Adapter { return misfilesForum{p} }, checkThread, "the thread that the platform opened"},
		{"publishes twice", func(p *paper) chat.Adapter { return republishes{p} }, checkPublish, "were published"},
		{"draws half a page", drawing("<title>A sheet</title>", ""), drawn, "has no <title>"},
		{"draws a script", drawing("</body>", "<script>alert(1)</script></body>"), drawn, "it has <script>"},
		{"draws a handler", drawing("<p>", `<p onclick="alert(1)">`), drawn, "run nothing"},
		{"draws a style from elsewhere", drawing("color: black", "background: url(https://e.example/x.png)"), drawn, "style sheet has url("},
		{"draws for a page alone", drawing("p { color", "body { color"), drawn, "not for :host"},
		{"draws out of its place", drawing("</body>", "</template></body>"), drawn, "it has </template>"},
		{"draws a plain picture", drawing("</body>", `<img src="http://e.example/x.png" alt=""></body>`), drawn, "over https"},
		{"draws a script link", drawing("https://images.example", "javascript:"), drawn, "neither http nor https"},
		{"draws less", drawing("Green Tea", ""), drawn, "lost in the drawing"},
		{"forgets requests", func(p *paper) chat.Adapter {
			return forgetsRequests{p, func() string { return "again" }}
		}, checkListen, "different request ids"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.check(t, stand(nil)); err != nil {
				t.Fatalf("the sound adapter fails: %v", err)
			}
			err := tt.check(t, stand(tt.with))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("the suite says %v, want something with %q", err, tt.want)
			}
		})
	}
}

// A stand of an adapter that makes requests must be able to cause faults and to notice
// secrets; otherwise an adapter that ignores both would pass.
func TestIncompleteStandsAreCaught(t *testing.T) {
	for name, tt := range map[string]struct {
		leaveOut func(*Stand)
		want     string // "" if nothing is wrong
	}{
		"no faults":   {func(s *Stand) { s.Fail = nil }, "no Requests, Fail or Secrets"},
		"no requests": {func(s *Stand) { s.Requests = nil }, "no Requests, Fail or Secrets"},
		"no secrets":  {func(s *Stand) { s.Secrets = nil }, "no Requests, Fail or Secrets"},
		"local":       {func(s *Stand) { s.Local, s.Fail, s.Requests, s.Secrets = true, nil, nil, nil }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := stand(nil)
			whole := h.Open
			h.Open = func(t *testing.T) Stand {
				s := whole(t)
				tt.leaveOut(&s)
				return s
			}
			for _, f := range fates {
				if err := checkFault(t, h, f); (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
					t.Errorf("fault %s: the suite says %v, want something with %q", f.name, err, tt.want)
				}
			}
		})
	}
}

func TestLost(t *testing.T) {
	story := chat.Message{Blocks: []chat.Block{chat.Story{
		Headline: "头条 Headline",
		Summary:  chat.Text{{Text: "见"}, {Text: "说明", URL: "https://a.example/(你)"}, {Text: "……等等。"}},
		Sources:  []chat.Link{{Title: "来源", URL: "https://b.example/"}},
	}}}
	for _, tt := range []struct {
		name  string
		texts []string
		want  string // "" if nothing is lost
	}{
		{"one text", []string{"头条Headline 见说明 (https://a.example/(你)) ……等等。来源 https://b.example/"}, ""},
		{"spans", []string{"头条 Headline", "https://b.example/", "见", "说明", "https://a.example/%28%E4%BD%A0%29", "……等等。", "来源"}, ""},
		{"cut with ornaments", []string{"头条…", "… Headline", "见说明…… (1/2)", "又一个标题", "等等。", "https://a.example/(你)", "来源", "https://b.example/"}, ""},
		{"invisible marks", []string{"\u2068头条\u200B Headline\u2069", "见说明……等等。", "https://a.example/(你)", "来源", "https://b.example/"}, ""},
		{"words between", []string{"头条 其他 Headline", "见说明……等等。", "https://a.example/(你)", "来源", "https://b.example/"}, "the headline is lost"},
		{"end missing", []string{"头条 Headline", "见说明……等", "https://a.example/(你)", "来源", "https://b.example/"}, "the summary is lost"},
		{"span missing", []string{"头条 Headline", "见", "……等等。", "https://a.example/(你)", "来源", "https://b.example/"}, "the summary is lost"},
		{"address missing", []string{"头条 Headline", "见说明……等等。", "来源", "https://b.example/"}, "the address \"https://a.example/(你)\" is lost"},
		{"title missing", []string{"头条 Headline", "见说明……等等。", "https://a.example/(你)", "https://b.example/"}, "the title of a source is lost"},
		{"order", []string{"见说明……等等。", "头条 Headline", "https://a.example/(你)", "来源", "https://b.example/"}, "the summary is out of order"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := lost(story, tt.texts)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("lost says %v, want %q", err, tt.want)
			}
		})
	}
}

func TestGolden(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "testdata")
	sheets := []chat.Payload{chat.Payload(`{"b":"<x>","a":1}`), chat.Payload(`[]`)}
	if err := checkGolden(folder, "x", sheets, false); err == nil || !strings.Contains(err.Error(), "-update") {
		t.Errorf("without a file: %v", err)
	}
	if err := checkGolden(folder, "x", sheets, true); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(folder, "x.golden.json"))
	if want := "[\n  {\n    \"b\": \"<x>\",\n    \"a\": 1\n  },\n  []\n]\n"; err != nil || string(got) != want {
		t.Errorf("file %q, %v, want %q", got, err, want)
	}
	if err := checkGolden(folder, "x", sheets, false); err != nil {
		t.Errorf("same payloads: %v", err)
	}
	if err := checkGolden(folder, "x", sheets[:1], false); err == nil || !strings.Contains(err.Error(), "x.golden.json:5") {
		t.Errorf("one payload less: %v", err)
	}
}

// The specimens have the properties that the suite relies on.
func TestSpecimens(t *testing.T) {
	if !reflect.DeepEqual(specimens.All(), specimens.All()) {
		t.Error("the specimens differ from call to call")
	}
	for _, s := range specimens.All() {
		all := addresses(s.Message)
		for i := 1; i < len(all); i++ {
			if strings.HasPrefix(all[i], all[i-1]) {
				t.Errorf("%s: %s begins with %s, so the suite could not miss the shorter one", s.Name, all[i], all[i-1])
			}
		}
	}
	var headline, summary, label, command, address int
	m := specimens.Hostile()
	for _, b := range m.Blocks {
		switch b := b.(type) {
		case chat.Story:
			headline = max(headline, utf8.RuneCountInString(b.Headline))
			summary = max(summary, utf8.RuneCountInString(b.Summary.String()))
			for _, s := range b.Sources {
				address = max(address, len(s.URL))
			}
		case chat.Buttons:
			if len(b) != 30 {
				t.Errorf("%d buttons, want 30", len(b))
			}
			for _, button := range b {
				label = max(label, utf8.RuneCountInString(button.Label))
				command = max(command, utf8.RuneCountInString(button.Line))
			}
		}
	}
	got, want := []int{headline, summary, label, command, address}, []int{300, 5000, 200, 120, 2000}
	if !slices.Equal(got, want) {
		t.Errorf("longest headline, summary, label, line and address %v, want %v", got, want)
	}
}

// The payloads written for the judge are the same each time, one per line.
func TestGeneratedPayloads(t *testing.T) {
	h := stand(nil)
	var first []byte
	for range 2 {
		file := filepath.Join(t.TempDir(), "new", "paper.jsonl")
		if err := writePayloads(file, h, h.Open(t).Adapter, 50); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = got
		}
		if !bytes.Equal(got, first) {
			t.Error("the payloads differ from time to time")
		}
		count := 0
		for payload := range bytes.Lines(got) {
			count++
			if len(lines(payload)) == 0 {
				t.Errorf("line %d is no sheet: %.100q", count, payload)
			}
		}
		if count < 50 {
			t.Errorf("%d payloads of 50 messages", count)
		}
	}
}
