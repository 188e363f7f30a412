package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

// tree is the command that the suite offers.
var tree = chat.Command{
	Name: "digest", Summary: "Read the digests",
	Subs: []chat.Command{
		{Name: "latest", Summary: "Show the newest digest"},
		{Name: "tag", Summary: "List the digests with a tag", Private: true, Args: []chat.Arg{
			{Name: "tag", Summary: "The tag", Required: true, Rest: true, Suggest: true},
		}},
		{Name: "list", Summary: "List stories", Private: true, Args: []chat.Arg{
			{Name: "style", Summary: "How much of them", Named: true, Suggest: true}, chat.Page, chat.Share,
		}},
		{Name: "help", Summary: "List the commands", Private: true},
		{Name: "resend", Summary: "Post the newest digest again", AdminOnly: true, Private: true},
	},
}

// listener answers each request with the request's line and records the request.
type listener struct {
	mu       sync.Mutex
	requests []chat.Request
	typed    []chat.Request
}

func (l *listener) Handle(_ context.Context, r chat.Request) chat.Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests = append(l.requests, r)
	if strings.HasSuffix(r.Line, bug) {
		panic("a bug in Handle")
	}
	return answer(r.Line)
}

// bug ends a line that makes the handler panic.
const bug = " bug"

func (*listener) Form(context.Context, chat.Request) (chat.Form, bool) { return chat.Form{}, false }

// Suggest suggests values for the tree's arguments with suggestions.
func (l *listener) Suggest(_ context.Context, r chat.Request) []chat.Choice {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.typed = append(l.typed, r)
	if strings.HasSuffix(r.Line, bug) {
		panic("a bug in Suggest")
	}
	at, ok := tree.Typing(r.Line)
	if !ok || at.Arg == nil {
		return nil
	}
	value := map[string]string{"tag": "AI", "style": "compact"}[at.Arg.Name]
	return []chat.Choice{{Label: value, Value: value, Line: at.Before + value}}
}

func (l *listener) heard() []chat.Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]chat.Request(nil), l.requests...)
}

// answer returns the reply to a line.
func answer(line string) chat.Message {
	m := chat.Message{
		Title:  "Answer",
		Blocks: []chat.Block{chat.Paragraph{Text: chat.Text{{Text: "You said "}, {Text: line, Style: chat.Bold}, {Text: " <!channel> @everyone"}}}},
	}
	if strings.Contains(line, " list") {
		m.Blocks = append(m.Blocks,
			chat.Select{Label: "More of a story", Choices: []chat.Choice{
				{Label: "A story of @everyone", Line: "/digest tag first"}, {Label: "另一条 👨‍👩‍👧‍👦", Line: "/digest tag second"},
			}},
			chat.Buttons{{Label: "Turn", Line: chat.With(line, chat.Page, "2")}, {Label: "Share here", Line: chat.With(line, chat.Share, "here")}})
	}
	return m
}

// act is a line that a person says, with the expected result.
type act struct {
	user    chat.User
	line    string
	private bool
	admin   bool // whether the verb is for admins, so that User.Admin is checked
}

// checkListen runs Listen while people of the platform give commands.
func checkListen(t *testing.T, h Harness) error {
	s := h.Open(t)
	l, ok := s.Adapter.(chat.Listener)
	if !ok || s.Ask == nil {
		t.Log("people cannot give commands to this adapter")
		return nil
	}
	connected, tells := s.Adapter.(chat.Connected)
	if tells && connected.Connection() == nil {
		return errors.New("Connection was nil before Listen; people cannot reach the adapter then")
	}
	before := goroutines()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	heard := &listener{}
	ready, done := make(chan string, 100), make(chan error, 1)
	go func() {
		done <- l.Listen(ctx, tree, heard, func(where string) {
			select {
			case ready <- where:
			default:
			}
		})
	}()
	select {
	case where := <-ready:
		if where == "" {
			return errors.New("Listen called ready with an empty text; it must tell operators where the adapter can be reached")
		}
	case err := <-done:
		return errors.Join(fmt.Errorf("Listen ended at once: %w", err), s.tells(err))
	case <-time.After(patience):
		return errors.New("Listen never called ready; it must do so each time that people can reach the adapter")
	}

	if tells && !eventually(func() bool { return connected.Connection() == nil }) {
		return fmt.Errorf("Connection is %w after ready; people can reach the adapter then", connected.Connection())
	}
	var errs []error
	for _, a := range conversation {
		errs = append(errs, checkAct(t, s, heard, a))
	}
	errs = append(errs, checkBug(t, s), checkAct(t, s, heard, conversation[0]))
	if s.Redeliver != nil {
		s.Redeliver()
		errs = append(errs, checkAct(t, s, heard, act{user: reader, line: "/digest help", private: true}))
	}
	pressed, err := checkPresses(t, s, heard)
	errs = append(errs, err, checkTyping(t, s, heard))
	stop()
	if !eventually(func() bool {
		select {
		case err = <-done:
			return true
		default:
			return false
		}
	}) {
		return errors.Join(append(errs, errors.New("Listen did not return when its context ended"))...)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		errs = append(errs, fmt.Errorf("Listen returned %w when its context ended; that is not a failure", err), s.tells(err))
	}
	var left []string
	if !eventually(func() bool { left = leaked(s.Adapter, before); return len(left) == 0 }) {
		errs = append(errs, fmt.Errorf("Listen left %d goroutines behind; those that it starts must end with its context, and Listen must wait for them. The first:\n%s", len(left), left[0]))
	}
	acts := len(conversation) + 2 + pressed
	if s.Redeliver != nil {
		acts++
	}
	return errors.Join(append(errs, checkIDs(heard.heard(), acts, s))...)
}

var (
	reader = chat.User{ID: "1001", Name: "reader"}
	admin  = chat.User{ID: "1002", Name: "admin", Admin: true}
)

// conversation is a list of commands, given one after another.
var conversation = []act{
	{user: reader, line: "/digest latest"},
	{user: reader, line: "/digest tag AI", private: true},
	{user: reader, line: "/digest tag 云原生 👨‍👩‍👧‍👦", private: true},
	{user: reader, line: "/digest tag R&D <b> @everyone *x*", private: true},
	{user: reader, line: "/digest help", private: true},
	{user: reader, line: "/digest resend", private: true, admin: true},
	{user: admin, line: "/digest resend", private: true, admin: true},
}

// checkAct says one line and checks what the handler and the person received.
func checkAct(t *testing.T, s Stand, heard *listener, a act) error {
	known := heard.heard()
	reply, private := s.Ask(t, a.user, a.line)
	return checkHeard(s, heard, known, a, reply, private)
}

// checkBug says and types a line that makes the handler panic.
func checkBug(t *testing.T, s Stand) error {
	const line = "/digest tag" + bug
	var errs []error
	if reply, _ := s.Ask(t, reader, line); !strings.Contains(strings.Join(reply, "\n"), "Sorry, that did not work") {
		errs = append(errs, fmt.Errorf("the handler panicked and the reply is %q; a panic must cost only one request, and the user must be told that it did not work", reply))
	}
	if s.Suggest == nil {
		return errors.Join(errs...)
	}
	if values := s.Suggest(t, reader, line); len(values) > 0 {
		errs = append(errs, fmt.Errorf("the handler panicked and %q was suggested; there must be no suggestions then", values))
	}
	return errors.Join(errs...)
}

// checkHeard compares the result of an act with the expected one.
func checkHeard(s Stand, heard *listener, known []chat.Request, a act, reply []string, private bool) error {
	// A request that was delivered again may arrive late; skip it.
	requests := slices.DeleteFunc(heard.heard(), func(r chat.Request) bool {
		return slices.ContainsFunc(known, func(k chat.Request) bool { return k.ID == r.ID })
	})
	if len(requests) == 0 {
		return fmt.Errorf("%s said %q and the handler received no request with a unique id; each act must have one, so that a request that is delivered twice is handled once", a.user.Name, a.line)
	}
	r := requests[0]
	got, errGot := tree.Parse(r.Line)
	want, errWant := tree.Parse(a.line)
	var errs []error
	if errGot != nil || errWant != nil || !reflect.DeepEqual(got, want) {
		errs = append(errs, fmt.Errorf("%s said %q but the handler received %q; the platform's escapes must be undone", a.user.Name, a.line, r.Line))
	}
	if r.Channel != s.Channel {
		errs = append(errs, fmt.Errorf("%q was said in %v but the handler received it from %v", a.line, s.Channel, r.Channel))
	}
	if r.ID == "" || r.User.ID == "" {
		errs = append(errs, fmt.Errorf("%q came with the request id %q and the user id %q; both must be set, so that a request that is delivered twice is handled once", a.line, r.ID, r.User.ID))
	}
	if want := a.user.Admin || s.Alone; a.admin && r.User.Admin != want {
		errs = append(errs, fmt.Errorf("%q said by the %s came with Admin = %v; the adapter must know who is an admin (set Stand.Alone on a platform with one person)", a.line, a.user.Name, r.User.Admin))
	}
	if private != a.private {
		errs = append(errs, fmt.Errorf("the reply to %q was private: %v, want %v as the command says", a.line, private, a.private))
	}
	if err := lost(answer(r.Line), reply); err != nil {
		errs = append(errs, fmt.Errorf("the reply to %q lost words: %w", a.line, err))
	}
	return errors.Join(errs...)
}

// presses lists the buttons that are pressed, under the replies to "/digest
// list" and to one another, with the expected results.
var presses = []struct {
	label  string
	act    act
	turned bool
}{
	{"Turn", act{user: reader, line: "/digest list page=2", private: true}, true},
	{"Turn", act{user: reader, line: "/digest list page=2", private: true}, true},
	{"另一条 👨‍👩‍👧‍👦", act{user: reader, line: "/digest tag second", private: true}, false},
}

// checkPresses presses the buttons of replies and returns the number of acts.
func checkPresses(t *testing.T, s Stand, heard *listener) (acts int, err error) {
	if s.Press == nil {
		t.Log("replies have no buttons on this platform")
		return 0, nil
	}
	ask := act{user: reader, line: "/digest list", private: true}
	errs := []error{checkAct(t, s, heard, ask)}
	press := func(label string, a act, wantTurned bool) {
		known := heard.heard()
		reply, private, turned := s.Press(t, a.user, label)
		errs = append(errs, checkHeard(s, heard, known, a, reply, private))
		if turned != wantTurned {
			errs = append(errs, fmt.Errorf("the answer to the button %q replaced its reply: %v, want %v; only pages and decisions must do so (Call.Turns)", label, turned, wantTurned))
		}
	}
	for _, p := range presses {
		press(p.label, p.act, p.turned)
	}
	errs = append(errs, checkAct(t, s, heard, ask))
	before := 0
	if s.Notified != nil {
		before = len(s.Notified())
	}
	press("Share here", act{user: reader, line: "/digest list share=here"}, false)
	if s.Notified != nil && len(s.Notified()) > before {
		errs = append(errs, fmt.Errorf("a shared answer notified %v; only Message.Mention of a post may notify anybody", s.Notified()[before:]))
	}
	return len(presses) + 3, errors.Join(errs...)
}

// checkTyping types unfinished lines.
func checkTyping(t *testing.T, s Stand, heard *listener) error {
	if s.Suggest == nil {
		t.Log("people get no suggestions on this platform")
		return nil
	}
	var errs []error
	for _, typing := range []struct{ line, arg, typed, want string }{
		{"/digest tag ", "tag", "", "AI"},
		{"/digest tag A", "tag", "A", "AI"},
		{"/digest list style=", "style", "", "compact"},
		{"/digest list style=com", "style", "com", "compact"},
	} {
		values := s.Suggest(t, reader, typing.line)
		if !slices.Equal(values, []string{typing.want}) {
			errs = append(errs, fmt.Errorf("%q was typed and %q was suggested, want %q", typing.line, values, typing.want))
		}
		heard.mu.Lock()
		last := chat.Request{}
		if n := len(heard.typed); n > 0 {
			last = heard.typed[n-1]
		}
		heard.mu.Unlock()
		at, ok := tree.Typing(last.Line)
		if !ok || at.Arg == nil || at.Arg.Name != typing.arg || at.Typed != typing.typed {
			errs = append(errs, fmt.Errorf("%q was typed and the handler was asked for the end of %q, want %q of the argument %s", typing.line, last.Line, typing.typed, typing.arg))
		}
	}
	return errors.Join(errs...)
}

// checkIDs compares the ids of all requests: one per act, the same if it was
// delivered again, and one per person.
func checkIDs(requests []chat.Request, want int, s Stand) error {
	acts, people := map[string]string{}, map[string]bool{}
	for _, r := range requests {
		acts[r.ID] = r.Line
		people[r.User.ID] = true
	}
	if len(acts) != want {
		return fmt.Errorf("%d acts came with %d different request ids; each act must have its own, and keep it when it is delivered again", want, len(acts))
	}
	if wantPeople := 2; !s.Alone && len(people) != wantPeople {
		return fmt.Errorf("%d people came with %d different user ids (set Stand.Alone on a platform with one person)", wantPeople, len(people))
	}
	return nil
}

var goroutineHeader = regexp.MustCompile(`^goroutine (\d+)`)

// goroutines returns the stacks of all goroutines, by goroutine id.
func goroutines() map[string]string {
	buf := make([]byte, 1<<20)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	stacks := map[string]string{}
	for stack := range strings.SplitSeq(string(buf), "\n\n") {
		if m := goroutineHeader.FindStringSubmatch(stack); m != nil {
			stacks[m[1]] = stack
		}
	}
	return stacks
}

// leaked returns the stacks of goroutines that were started since before and
// that the platform is responsible for: those in the adapter's code, and all
// others that are neither an idle HTTP connection nor part of a fake or a
// test.
func leaked(a chat.Adapter, before map[string]string) []string {
	typ := reflect.TypeOf(a)
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	own := typ.PkgPath() + "."
	var left []string
	for id, stack := range goroutines() {
		if _, old := before[id]; old {
			continue
		}
		others := strings.Contains(stack, "net/http.") || strings.Contains(stack, "fake") || strings.Contains(stack, "testing.")
		if strings.Contains(stack, own) || !others {
			left = append(left, stack)
		}
	}
	return left
}
