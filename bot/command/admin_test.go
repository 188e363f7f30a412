package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/schedule"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// stage is a platform that keeps what is posted.
type stage struct {
	posts map[chat.Key]string
}

func (s *stage) Capabilities() chat.Capabilities { return chat.Capabilities{} }

func (s *stage) Render(m chat.Message) ([]chat.Payload, error) {
	return []chat.Payload{chat.Payload(words(m))}, nil
}

func (s *stage) Send(_ context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	if s.posts == nil {
		s.posts = map[chat.Key]string{}
	}
	s.posts[key] = string(p)
	return chat.Receipt{Channel: to, ID: string(key), URL: "https://p.example/" + string(key)}, nil
}

func (s *stage) Find(_ context.Context, in chat.Channel, key chat.Key, _ time.Time) (chat.Receipt, error) {
	if _, ok := s.posts[key]; !ok {
		return chat.Receipt{}, chat.ErrNotFound
	}
	return chat.Receipt{Channel: in, ID: string(key)}, nil
}

func (s *stage) Edit(_ context.Context, _ chat.Receipt, p chat.Payload, key chat.Key) error {
	s.posts[key] = string(p)
	return nil
}

func (s *stage) Remove(_ context.Context, r chat.Receipt) error {
	delete(s.posts, chat.Key(r.ID))
	return nil
}

// guilds is a platform of several homes: a channel's id begins with its home. The home of a
// channel that begins with ? cannot be determined.
type guilds struct{ stage }

func (g *guilds) Home(_ context.Context, c chat.Channel) (string, error) {
	home, _, _ := strings.Cut(c.ID, "-")
	if home == "?" {
		return "", errors.New("the platform is down")
	}
	return home, nil
}

var (
	red    = chat.Channel{Adapter: "g", ID: "red-news"}
	blue   = chat.Channel{Adapter: "g", ID: "blue-news"}
	unsure = chat.Channel{Adapter: "g", ID: "?-news"}
	office = chat.Channel{Adapter: "web", ID: "office"}
)

// town returns a room with two homes, in each of which something can be changed, and a
// channel for the operators.
func town(t *testing.T) (*room, *guilds) {
	r := newRoom(t)
	g := &guilds{}
	r.Dispatch.Platforms.Adapters["g"] = g
	r.Dispatch.Notices.Admin = office
	r.Serving = r.Dispatch.Subscriptions.Serving
	at, err := schedule.Parse("30 8 * * *", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	fixed := subscription.Subscription{
		Name: "fixed", Channels: []chat.Channel{red, blue}, Schedule: at, Zone: time.UTC, MaxAge: 48 * time.Hour, Match: subscription.Match{Categories: []string{"tech"}},
		Look: compose.Look{Style: compose.Brief, Language: "en"},
	}
	r.Dispatch.Subscriptions.Configured = []subscription.Subscription{fixed}
	for _, c := range []chat.Channel{red, blue} {
		home, _ := g.Home(t.Context(), c)
		x := ledger.Stored{Name: subscription.StoredName("made", "g", home), Channel: c, Home: home, By: ledger.Person{Name: "Ada"}, At: time.Now()}
		if problems, err := r.Dispatch.Subscriptions.Subscribe(t.Context(), x, subscription.Spec{"schedule": "weekends 10", "language": "en"}); err != nil || len(problems) > 0 {
			t.Fatal(problems, err)
		}
		held := ledger.NewDelivery("held in "+home, "held in "+home, c, time.Now())
		if err := held.Freeze([]chat.Payload{chat.Payload("x")}); err != nil {
			t.Fatal(err)
		}
		held.Promise(time.Now())
		held.Hold("nobody can tell", time.Now())
		if _, err := r.Ledger.Plan(t.Context(), held); err != nil {
			t.Fatal(err)
		}
	}
	return r, g
}

// ask makes a request as an adapter would.
func (r *room) ask(id string, c chat.Channel, u chat.User, line string) chat.Message {
	r.limiter = rateLimiter{} // no person types so fast
	home := ""
	if c.Adapter == "g" {
		home, _, _ = strings.Cut(c.ID, "-")
	}
	return r.Handle(context.Background(), chat.Request{ID: id, Channel: c, Home: home, User: u, Line: line})
}

func heldKey(c chat.Channel) string {
	home, _, _ := strings.Cut(c.ID, "-")
	return string(ledger.NewDelivery("held in "+home, "", c, time.Time{}).Key)
}

// state returns everything that an admin could have changed.
func (r *room) state(t *testing.T) string {
	t.Helper()
	stored, err := r.Ledger.Stored(t.Context())
	pauses, err2 := r.Ledger.Pauses(t.Context())
	acts, err3 := r.Ledger.Acts(t.Context(), ledger.ActQuery{})
	deliveries, err4 := r.Ledger.List(t.Context(), ledger.Query{Limit: -1})
	if err := errors.Join(err, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(stored, pauses, acts, deliveries)
}

// lines returns lines that change something in the home of a channel, one for each verb
// that can.
func lines(c chat.Channel) []string {
	return []string{
		"/digest subscribe x channel=" + c.ID, "/digest unsubscribe made confirm=x", "/digest set made style=compact", "/digest pause " + c.ID, "/digest resume " + c.ID,
		"/digest release " + heldKey(c), "/digest forget " + heldKey(c), "/digest resend 2026-01-21-tech " + c.ID + " confirm=now.x",
		"/digest resend 2026-01-21-tech " + c.String() + " confirm=again.x", "/digest status", "/digest why channel=" + c.ID, "/digest preview", "/digest subscriptions",
	}
}

// Every admin verb is refused to everyone else, typed or by a forged button, and changes
// nothing; its answer is never public.
func TestAdminVerbsAreForAdmins(t *testing.T) {
	r, _ := town(t)
	tried := map[string]bool{}
	before := r.state(t)
	for _, line := range lines(red) {
		for _, tail := range []string{"", " share=here", " page=2", " confirm=again.aaaaaaa"} {
			call, err := Tree().Parse(line + tail)
			if err != nil {
				continue // it is refused to everyone
			}
			tried[call.Verb] = true
			if !call.Private() {
				t.Errorf("%s is answered in public", line+tail)
			}
			if got := words(r.ask("r", red, reader, line+tail)); !strings.Contains(got, "Only admins can do that.") {
				t.Errorf("%s is answered %q", line+tail, got)
			}
			if _, ok := r.Form(t.Context(), chat.Request{Channel: red, Home: "red", User: reader, Line: line}); ok {
				t.Errorf("%s: there is a form for everybody", line)
			}
			if got := r.Suggest(t.Context(), chat.Request{Channel: red, Home: "red", User: reader, Line: line + " "}); len(got) > 0 {
				t.Errorf("%s: suggested to everybody: %v", line, got)
			}
		}
	}
	for _, v := range verbs() {
		if !v.AdminOnly {
			continue
		}
		if !tried[v.Name] {
			t.Errorf("%s was not tried", v.Name)
		}
		if !v.Private || slices.ContainsFunc(v.Args, func(a chat.Arg) bool { return a.Name == chat.Share.Name }) {
			t.Errorf("%s may become public", v.Name)
		}
	}
	if after := r.state(t); after != before {
		t.Errorf("something was changed:\n%s\nwas\n%s", after, before)
	}
}

// An admin of one home sees and changes nothing of another, and nothing at all if the home
// cannot be determined.
func TestAdminsOfAnotherHome(t *testing.T) {
	r, _ := town(t)
	for _, line := range lines(blue) {
		if strings.Contains(line, " made") {
			continue // the admin has that name, too
		}
		before := r.state(t)
		got := words(r.ask("r", red, admin, line))
		if strings.Contains(got, "held in blue") || strings.Contains(got, "blue-news |") || strings.Contains(got, "blue-news\n") {
			t.Errorf("%s tells of another home: %q", line, got)
		}
		if after := r.state(t); after != before {
			t.Errorf("%s changed something elsewhere:\n%s\nwas\n%s", line, after, before)
		}
	}
	r.ask("r", red, admin, pressed(t, r.ask("r", red, admin, "/digest unsubscribe made"), "confirm="))
	r.ask("r", red, admin, "/digest set made@g.blue style=compact")
	if stored, err := r.Ledger.Stored(t.Context()); err != nil || len(stored) != 1 || stored[0].Home != "blue" || strings.Contains(stored[0].Settings, "compact") {
		t.Errorf("stored %+v, %v", stored, err)
	}
	before := r.state(t)
	for _, c := range []chat.Channel{unsure, {Adapter: "g", ID: ""}, {Adapter: "g", ID: "-direct"}, {Adapter: "other", ID: "x"}} {
		for _, line := range []string{"/digest pause", "/digest subscribe y", "/digest resend 2026-01-21-tech confirm=now.x", "/digest release " + heldKey(blue)} {
			r.limiter = rateLimiter{}
			reply := r.Handle(t.Context(), chat.Request{ID: "r", Channel: c, User: admin, Line: line})
			if got := words(reply); !strings.Contains(got, "There is no") && !strings.Contains(got, "I cannot check right now") {
				t.Errorf("%s in %s is answered %q", line, c, got)
			}
		}
	}
	// An answer does not say that there is nothing unless that is certain.
	r.Dispatch.Subscriptions.Configured[0].Channels = []chat.Channel{unsure}
	for _, line := range []string{"/digest status", "/digest subscriptions", "/digest set fixed style=full", "/digest unsubscribe"} {
		r.limiter = rateLimiter{}
		reply := r.Handle(t.Context(), chat.Request{ID: "r", Channel: unsure, User: admin, Line: line})
		if got := words(reply); !strings.Contains(got, "I cannot check right now") {
			t.Errorf("%s in %s is answered %q", line, unsure, got)
		}
	}
	if after := r.state(t); after != before {
		t.Errorf("something was changed where the home cannot be told:\n%s\nwas\n%s", after, before)
	}
	// The operators' channel reaches all homes, for its admins.
	if got := words(r.ask("r", office, admin, "/digest status")); !strings.Contains(got, "held in blue") || !strings.Contains(got, "held in red") {
		t.Errorf("the operators see %q", got)
	}
	if got := words(r.ask("r", red, admin, "/digest status")); strings.Contains(got, "held in blue") || !strings.Contains(got, "held in red") {
		t.Errorf("an admin of red sees %q", got)
	}
	if got := words(r.ask("r", office, admin, "/digest release "+heldKey(blue))); !strings.Contains(got, "is being sent to g:blue-news again") {
		t.Errorf("the operators are answered %q", got)
	}
}

// pressed returns the line of the button that contains a text.
func pressed(t *testing.T, m chat.Message, contains string) string {
	t.Helper()
	for _, b := range m.Blocks {
		buttons, _ := b.(chat.Buttons)
		for _, x := range buttons {
			if strings.Contains(x.Line, contains) {
				if len(x.Line) > 100 {
					t.Errorf("the line %q is too long for Discord", x.Line)
				}
				return x.Line
			}
		}
	}
	t.Fatalf("there is no button with %q in %q", contains, words(m))
	return ""
}

// deliver posts what is due.
func (r *room) deliver(t *testing.T) {
	t.Helper()
	for {
		due, err := r.Ledger.Due(t.Context(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if len(due) == 0 {
			return
		}
		for _, turn := range due {
			x, err := r.Ledger.Get(t.Context(), turn.Key)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Dispatch.Deliverer.Deliver(t.Context(), x); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A resend asks first and needs a press; one that is pressed or delivered twice posts once,
// and is in the record.
func TestResend(t *testing.T) {
	r, g := town(t)
	const line = "/digest resend 2026-01-20-tech"
	asked := r.ask("1", red, admin, line)
	if len(g.posts) > 0 || !strings.Contains(words(asked), "It was never posted to g:red-news.") {
		t.Errorf("asked: %q", words(asked))
	}
	if other := r.ask("1b", red, admin, line); pressed(t, other, "now.") != pressed(t, asked, "now.") {
		t.Error("two admins who are shown the same would post it twice")
	}
	now := pressed(t, asked, "now.")
	for i, want := range []string{"is being posted to g:red-news", "Someone has already asked for that", "Someone has already asked for that"} {
		if got := words(r.ask(fmt.Sprint("press ", i/2), red, admin, now)); !strings.Contains(got, want) {
			t.Errorf("press %d is answered %q, want %q", i, got, want)
		}
	}
	for _, line := range []string{line, line + " confirm=edit.aaaaaaa", line + " confirm=missing.aaaaaaa", line + " confirm=again.aaaaaaa"} {
		if got := words(r.ask("1c", red, admin, line)); got != "昨天|In g:red-news: planned" {
			t.Errorf("%s, while it is on its way, is answered %q", line, got)
		}
	}
	r.deliver(t)
	if len(g.posts) != 1 {
		t.Fatalf("posted %v", g.posts)
	}
	asked = r.ask("2", red, admin, line)
	if got := words(asked); !strings.Contains(got, "It was posted to g:red-news:") {
		t.Errorf("asked: %q", got)
	}
	if got := words(r.ask("3", red, admin, pressed(t, asked, "edit."))); !strings.Contains(got, "already matches the file") {
		t.Errorf("edit is answered %q", got)
	}
	if got := words(asked); strings.Contains(got, "missing") {
		t.Errorf("nothing is missing, and it is offered: %q", got)
	}
	clear(g.posts)
	asked = r.ask("4", red, admin, line)
	if got := words(r.ask("5", red, admin, pressed(t, asked, "missing."))); !strings.Contains(got, "One part of “昨天” is missing in g:red-news and is being posted.") {
		t.Errorf("missing is answered %q", got)
	}
	r.deliver(t)
	if len(g.posts) != 1 {
		t.Errorf("posted %v", g.posts)
	}
	again := pressed(t, asked, "again.")
	r.ask("6", red, admin, again)
	if got := words(r.ask("6a", red, admin, line)); got != "昨天|In g:red-news: planned" {
		t.Errorf("while another post is on its way, %s is answered %q", line, got)
	}
	r.deliver(t)
	if len(g.posts) != 2 {
		t.Errorf("posted %v", g.posts)
	}
	// The question was based on outdated facts: it has been posted since.
	for _, stale := range []string{again, now, strings.Replace(again, "again.", "now.", 1), line + " confirm=again.aaaaaaa", line + " confirm=now."} {
		got := words(r.ask("6b", red, admin, stale))
		if !strings.Contains(got, "Someone has already asked for that") && !strings.Contains(got, "It was posted to g:red-news:") {
			t.Errorf("%s is answered %q", stale, got)
		}
	}
	r.deliver(t)
	if len(g.posts) != 2 {
		t.Errorf("posted %v", g.posts)
	}
	acts, err := r.Ledger.Acts(t.Context(), ledger.ActQuery{Adapter: "g", Home: "red"})
	if err != nil || len(acts) != 4 || acts[3].By != (ledger.Person{ID: "u2", Name: "Grace"}) || acts[3].Channel != red || acts[3].Line != line+" confirm=now" || acts[3].What != "posts “2026-01-20-tech” to g:red-news" {
		t.Errorf("the record: %+v, %v", acts, err)
	}
	list, err := r.Ledger.List(t.Context(), ledger.Query{Channel: red, Digest: "2026-01-20-tech"})
	if err != nil || len(list) != 2 || list[1].By != "Grace" || list[1].Cause != ledger.ForResend || list[1].Style != "brief" {
		t.Errorf("planned %+v, %v", list, err)
	}
	// A digest whose ID does not fit on a button, to another channel.
	pressed(t, r.ask("7", red, admin, "/digest resend "+chat.Quote(farAway)+" red-other"), "~")
	r.ask("8", red, admin, "/digest pause")
	for _, line := range []string{line, now} {
		if got := words(r.ask("9", red, admin, line)); !strings.Contains(got, "Grace paused g:red-news. Resume it first.") {
			t.Errorf("%s in a paused channel is answered %q", line, got)
		}
	}
}

// A misleading zone is explained to the person who sets it.
func TestZonesThatAreMistaken(t *testing.T) {
	r, _ := town(t)
	for _, c := range []struct{ line, want string }{
		{"/digest subscribe east zone=EST", "EST has no daylight saving time. Perhaps you mean America/New_York."},
		{"/digest set east zone=Etc/GMT+8", "The clock of Etc/GMT+8 is 8 h behind UTC: the sign in such a name is reversed. Perhaps you mean Etc/GMT-8."},
		{"/digest set east zone=Etc/GMT-9", "The clock of Etc/GMT-9 is 9 h ahead of UTC: the sign in such a name is reversed. Perhaps you mean Etc/GMT+9."},
	} {
		if got := words(r.ask("r", red, admin, c.line)); !strings.HasSuffix(got, c.want) {
			t.Errorf("%s is answered\n%q, want\n%q at its end", c.line, got, c.want)
		}
	}
	if got := words(r.ask("r", red, admin, "/digest set east zone=Asia/Tokyo")); strings.Contains(got, "Perhaps") {
		t.Errorf("nothing is to be said about Asia/Tokyo, and this is: %q", got)
	}
}

// A subscription is made, changed, listed and removed; subscriptions in config.toml stay
// unchanged.
func TestSubscriptionsInChat(t *testing.T) {
	r, _ := town(t)
	for _, c := range []struct{ line, want string }{
		{"/digest subscribe 晨报 schedule=“工作日 8点半” zone=Asia/Shanghai tags=“AI，Cloud Native” style=headlines bundle=yes channel=<#red-two>", "“晨报” is ready: g:red-two gets its digests."},
		{"/digest subscribe 晨报", "“晨报” cannot be the name: another subscription has it"},
		{"/digest subscribe fixed", "“fixed” cannot be the name"},
		{"/digest subscribe @everyone", "“@everyone” cannot be the name: another subscription has it, or it is not a valid name."},
		{"/digest subscribe every day now", "“every day now” cannot be the name: another subscription has it, or it is not a valid name."},
		{"/digest subscribe n schedule=sometimes zone=Mars style=<!channel> wait=200h bundle=perhaps", "Nothing was changed:"},
		{"/digest subscribe n schedule=sometimes", "schedule cannot be “sometimes”. Write days and times, for example “weekdays 8:30”."},
		{"/digest subscribe n schedule=Monday 9am Friday", "schedule cannot be “Monday 9am Friday”. It can mean “Mon, Fri at 9:00” or “Mon at 9:00; Fri at …”: write the one that you mean."},
		{"/digest subscribe n style=<!channel>", "style cannot be “<!channel>”. It can be brief, full or headlines."},
		{"/digest subscribe n wait=200h", "wait cannot be “200h”. Write a length of time, for example 2h, a week at most."},
		{"/digest subscribe n bundle=perhaps", "bundle cannot be “perhaps”. It can be yes or no."},
		{"/digest subscribe n channel=blue-news", "There is no “blue-news” here."},
		{"/digest subscribe n channel=nowhere:x", "There is no “nowhere:x” here."},
		{"/digest subscribe", "g:red-news already has a subscription.|fixed g:red-news\ndaily at 8:30"},
		{"/digest subscribe daily 9:00", "already has a subscription."},
		{"/digest subscribe 9:00", "Change that one, or give another one a name: /digest subscribe evening"},
		{"/digest subscribe digest", "“digest” is ready: g:red-news gets its digests."},
		{"/digest subscribe digest-2", "g:red-news also gets the digests of fixed, digest, made. A digest that matches several is posted once."},
		{"/digest subscriptions", "晨报 g:red-two\nweekdays at 8:30 · Asia/Shanghai · tags: AI, Cloud Native · headlines"},
		{"/digest subscriptions", "fixed g:red-news\ndaily at 8:30 · UTC · categories: tech · brief"},
		{"/digest subscriptions", "/digest set 晨报"},
		{"/digest set 晨报", `tags="AI, Cloud Native"`},
		{"/digest set 晨报 tags= style=full schedule=“mon, wed 18:00 and 9:00”", "Mon, Wed at 9:00, 18:00 · Asia/Shanghai · all digests · full"},
		{"/digest set fixed style=full", "“fixed” is set in config.toml. Change it there."},
		{"/digest unsubscribe fixed", "“fixed” is set in config.toml"},
		{"/digest set nothing style=full", "There is no “nothing” here.|Did you mean one of these?|/digest set digest-2|/digest set digest|/digest set made|/digest set 晨报"},
		{"/digest unsubscribe", "Several subscriptions match.|Did you mean one of these?|/digest unsubscribe digest-2|/digest unsubscribe digest|/digest unsubscribe made"},
		{"/digest unsubscribe 晨报", "This removes “晨报”"},
		{"/digest subscriptions", "晨报"},
		{"/digest unsubscribe 晨报 confirm=x", "This removes “晨报”"},
	} {
		if got := words(r.ask("r", red, admin, c.line)); !strings.Contains(got, c.want) {
			t.Errorf("%s is answered\n%q, want\n%q", c.line, got, c.want)
		}
	}
	gone := pressed(t, r.ask("r", red, admin, "/digest unsubscribe 晨报"), "confirm=")
	for _, want := range []string{"“晨报” is removed.", "There is no “晨报” here."} {
		if got := words(r.ask("r", red, admin, gone)); !strings.Contains(got, want) {
			t.Errorf("%s is answered\n%q, want\n%q", gone, got, want)
		}
	}
	acts, err := r.Ledger.Acts(t.Context(), ledger.ActQuery{Adapter: "g", Home: "red"})
	if err != nil || len(acts) != 5 {
		t.Errorf("%d acts, %v, want those five that changed something: %+v", len(acts), err, acts)
	}
	f, ok := r.Form(t.Context(), chat.Request{Channel: red, Home: "red", User: admin, Line: "/digest set made", Locale: "zh-CN"})
	if !ok || f.Title != "修改订阅" || f.Fields[0].Value != "weekends 10" || f.Fields[0].Label != "时间" || len(f.Fields[4].Choices) != 3 {
		t.Errorf("the form is %+v", f)
	}
	if got := words(r.ask("r", red, admin, f.Line(map[string]string{"schedule": "weekends 11", "language": "zh"}))); !strings.Contains(got, "“made” is changed.") {
		t.Errorf("the form's line is answered %q", got)
	}
	f, ok = r.Form(t.Context(), chat.Request{Channel: red, Home: "red", User: admin, Line: "/digest subscribe evening"})
	if got := f.Line(map[string]string{"schedule": "weekdays 8:30", "zone": "UTC", "style": "compact"}); !ok || got != `/digest subscribe evening schedule="weekdays 8:30" zone=UTC style=compact` {
		t.Errorf("the form gives %q", got)
	}
	for _, line := range []string{"/digest subscribe 每天 9点", "/digest subscribe", "/digest set fixed", "/digest set nothing", "/digest set made style=full"} {
		if f, ok := r.Form(t.Context(), chat.Request{Channel: red, Home: "red", User: admin, Line: line}); ok {
			t.Errorf("%s has the form %+v", line, f)
		}
	}
}

// The schedule may be given in place of the name, and applies in the time zone of the
// channel.
func TestSubscribeInWords(t *testing.T) {
	r, _ := town(t)
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	r.Dispatch.Subscriptions.Configured[0].Channels = []chat.Channel{blue} // red-two has none
	r.Dispatch.Subscriptions.Configured[0].Zone = shanghai
	for _, c := range []struct{ line, want string }{
		{"/digest subscribe weekdays 8:30 channel=red-two start=next", "digest g:red-two\nweekdays at 8:30 · Asia/Shanghai"},
		{"/digest subscribe 每天9点 channel=red-two", "g:red-two already has a subscription."},
		{"/digest subscribe second schedule=每天9点 channel=red-two", "second g:red-two\ndaily at 9:00 · Asia/Shanghai"},
		{"/digest subscribe team channel=red-two", "team g:red-two\ndaily at 8:30 · Asia/Shanghai"},
		{"/digest subscribe third schedule=mon, wed 18:00 zone=Europe/Berlin tags=AI, cloud native channel=red-two", "third g:red-two\nMon, Wed at 18:00 · Europe/Berlin · tags: AI, cloud native"},
		{"/digest subscribe weekdays 8:30 schedule=daily 9:00", "“weekdays 8:30” cannot be the name"},
		{"/digest subscribe sixth schedule=周五晚上12点 channel=red-two", "schedule cannot be “周五晚上12点”. It can mean “Fri at 0:00” or “Sat at 0:00”: write the one that you mean."},
		{"/digest subscribe fourth schedule=工作日8点半 周末10点 channel=red-two", "fourth g:red-two\nweekdays at 8:30; weekends at 10:00 · Asia/Shanghai"},
		{"/digest subscribe noon channel=red-two", "noon g:red-two\ndaily at 8:30 · Asia/Shanghai"}, // a name
		{"/digest subscribe fifth schedule=17:00", "fifth g:red-news\ndaily at 17:00 · UTC"},        // like the other one of red-news
	} {
		if got := words(r.ask("r", red, admin, c.line)); !strings.Contains(got, c.want) {
			t.Errorf("%s is answered\n%q, want\n%q", c.line, got, c.want)
		}
	}
}

// The operators remove the subscription that they were shown, even if another home has one
// of the same name.
func TestOperatorsNameSubscriptionsOfAllHomes(t *testing.T) {
	r, _ := town(t)
	if got := words(r.ask("r", office, admin, "/digest unsubscribe made")); !strings.HasPrefix(got, "Several subscriptions match.") {
		t.Fatalf("two of a name are answered %q", got)
	}
	asked := words(r.ask("r", office, admin, "/digest unsubscribe made@g.red"))
	_, line, ok := strings.Cut(asked, "|")
	if !ok || !strings.Contains(asked, "g:red-news gets no more digests from it") {
		t.Fatalf("one by its whole name is answered %q", asked)
	}
	if got := words(r.ask("r2", office, admin, line)); !strings.Contains(got, "“made” is removed.") {
		t.Errorf("%s is answered %q", line, got)
	}
	var left []string
	for _, s := range r.Dispatch.Subscriptions.Made() {
		left = append(left, s.Name)
	}
	if len(left) != 1 || left[0] != "made@g.blue" {
		t.Errorf("left are %q, want the one that nobody named", left)
	}
}

// The admins of a channel decide about its pause and its held deliveries.
func TestPauseAndDecide(t *testing.T) {
	r, _ := town(t)
	for _, c := range []struct{ line, want string }{
		{"/digest resume", "g:red-news is not paused."},
		{"/digest pause", "g:red-news is paused. It gets nothing new until somebody resumes it."},
		{"/digest pause g:red-news", "Grace has already paused g:red-news."},
		{"/digest status", "fixed g:red-news · paused by Grace"},
		{"/digest why", "paused by Grace"},
		{"/digest resume <#red-news|news>", "g:red-news gets digests again"},
		{"/digest forget nonsense", "There is no “nonsense” here."},
		{"/digest forget " + heldKey(blue), "here."},
		{"/digest status", "/digest release " + heldKey(red)},
		{"/digest forget " + heldKey(red), "“held in red” will not be sent to g:red-news again."},
		{"/digest forget " + heldKey(red), "That cannot be done: delivery"},
	} {
		if got := words(r.ask("r", red, admin, c.line)); !strings.Contains(got, c.want) {
			t.Errorf("%s is answered\n%q, want\n%q", c.line, got, c.want)
		}
	}
	acts, err := r.Ledger.Acts(t.Context(), ledger.ActQuery{Adapter: "g", Home: "red"})
	if err != nil || len(acts) != 3 {
		t.Errorf("the record: %+v, %v", acts, err)
	}
	if x, err := r.Ledger.Get(t.Context(), chat.Key(heldKey(red))); err != nil || x.State != ledger.Skipped || x.Decisions[0].By != "Grace" {
		t.Errorf("it is %+v, %v", x, err)
	}
}

// Why reports the outcome of each digest of a day, and why it was posted or not.
func TestWhy(t *testing.T) {
	r, _ := town(t)
	story := []digest.Story{{Headline: "a story"}}
	library := digest.Rules{}.NewLibrary(append(
		slices.Clone(r.Library().All()),
		digest.Keep(&digest.Digest{Card: digest.Card{ID: "quiet", Title: "quiet", Date: time.Date(2026, 1, 18, 0, 0, 0, 0, time.UTC), Categories: []string{"tech"}}}),
		digest.Keep(&digest.Digest{Card: digest.Card{ID: "example", Title: "example", Date: time.Date(2026, 1, 17, 0, 0, 0, 0, time.UTC), Categories: []string{"tech"}, Example: true}, Stories: story}),
	))
	r.Library = func() *digest.Library { return library }
	opened := time.Date(2026, 1, 21, 8, 30, 0, 0, time.UTC)
	if err := r.Ledger.SaveSlot(t.Context(), ledger.Slot{Subscription: "fixed", At: opened, Outcome: ledger.SlotPostedLate, Reason: "a digest came 1h after the slot opened", Closed: opened}); err != nil {
		t.Fatal(err)
	}
	if err := r.Ledger.See(t.Context(), opened.Add(-time.Hour), "2026-01-21-tech"); err != nil {
		t.Fatal(err)
	}
	x := ledger.NewDelivery("2026-01-21-tech", "今天", red, opened)
	if err := x.Freeze([]chat.Payload{chat.Payload("a"), chat.Payload("b"), chat.Payload("c")}); err != nil {
		t.Fatal(err)
	}
	x.Promise(opened)
	x.Posted(chat.Receipt{Channel: red, ID: "1", URL: "https://p.example/1"}, opened)
	x.Promise(opened)
	x.Posted(chat.Receipt{Channel: red}, opened) // it has been removed since
	x.Promise(opened)
	x.Fail("too big @everyone", opened)
	if _, err := r.Ledger.Plan(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ line, want string }{
		{"/digest why 2026-01-21", "fixed, 21 January 2026"},
		{"/digest why 2026-01-21", "21 January 2026, 08:30 UTC · posted late · the digest came 1 h 0 min after the slot opened"},
		{"/digest why 2026-01-21", "今天 · first seen 21 January 2026, 07:30"},
		{"/digest why 2026-01-21", "failed · too big @everyone"},
		{"/digest why 2026-01-21", "part 1 · posted"},
		{"/digest why 2026-01-21", "part 2 · taken away"},
		{"/digest why 2026-01-21", "part 3 · failed · too big @everyone"},
		{"/digest why 2026-01-22", "left out: it is not in the category tech"},
		{"/digest why 2026-01-20", "it matches and waits for a slot"},
		{"/digest why 2026-01-20", "no record: the bot was not running"},
		{"/digest why 2026-01-18", "quiet\nleft out: it has no stories"},
		{"/digest why 2026-01-17", "example\nleft out: it is one of digestbot's examples"},
		{"/digest why the day of days", "I cannot read “the day of days” as a day."},
		{"/digest why 2026-01-21 channel=red-other", "g:red-other has no subscription"},
	} {
		if got := words(r.ask("r", red, admin, c.line)); !strings.Contains(got, c.want) {
			t.Errorf("%s is answered\n%q, want\n%q", c.line, got, c.want)
		}
	}
	if got := words(r.ask("r", red, admin, "/digest preview 2026-01-21-tech")); !strings.Contains(got, "头条") {
		t.Errorf("the preview is %q", got)
	}
	if got := words(r.ask("r", red, reader, "/digest home")); !strings.Contains(got, "made g:red-news") || strings.Contains(got, "blue") {
		t.Errorf("the home is %q", got)
	}
	r.Connected = func() []compose.Connection {
		return []compose.Connection{{Name: "g", Where: "as bot"}, {Name: "web", Off: "no token"}}
	}
	if got := words(r.ask("r", red, admin, "/digest status")); !strings.Contains(got, "g as bot") || strings.Contains(got, "no token") {
		t.Errorf("the status is %q", got)
	}
}

// If a channel has several subscriptions, each lists its own posts.
func TestPostsAreToldOfTheirSubscription(t *testing.T) {
	r, _ := town(t)
	opened := time.Date(2026, 1, 21, 8, 30, 0, 0, time.UTC)
	names := map[string]string{}
	for _, s := range r.Dispatch.Subscriptions.All() {
		if slices.Contains(s.Channels, red) {
			names[s.Label()] = s.Name
		}
	}
	for i, c := range []struct{ digest, title, by string }{{"2026-01-21-tech", "今天", "made"}, {"a", "An evening @everyone", "fixed"}} {
		x := ledger.NewDelivery(c.digest, c.title, red, opened.Add(time.Duration(i)*time.Minute))
		x.Subscription = names[c.by]
		if err := x.Freeze([]chat.Payload{chat.Payload("a")}); err != nil {
			t.Fatal(err)
		}
		x.Promise(opened)
		x.Posted(chat.Receipt{Channel: red, ID: c.digest}, opened)
		if _, err := r.Ledger.Plan(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	status := words(r.ask("r", red, admin, "/digest status"))
	for _, c := range []struct{ subscription, last, not string }{{"fixed", "An evening @everyone", "今天"}, {"made", "今天", "An evening"}} {
		_, of, _ := strings.Cut(status, "|"+c.subscription+" g:red-news")
		of, _, _ = strings.Cut(of, "|")
		if !strings.Contains(of, "Last: "+c.last) || strings.Contains(of, c.not) {
			t.Errorf("the status of %s is %q", c.subscription, of)
		}
	}
	for lang, want := range map[string]string{"en": "今天\nposted · for “made”", "zh-CN": "今天\n已发布 · 用于“made”", "zh-TW": "今天\n已發布 · 用於「made」"} {
		r.limiter = rateLimiter{}
		why := words(r.Handle(t.Context(), chat.Request{ID: "r", Channel: red, Home: "red", User: admin, Line: "/digest why 2026-01-21", Locale: lang}))
		if strings.Count(why, want) != 1 || strings.Count(why, "An evening @everyone") != 1 {
			t.Errorf("%s: why is answered %q, want %q once", lang, why, want)
		}
	}
}

// An act that cannot be recorded is not done.
func TestNothingIsDoneWithoutTheRecord(t *testing.T) {
	for _, line := range lines(red) {
		r, _ := town(t)
		before := r.state(t)
		whole := r.Ledger
		r.Ledger = unrecorded{whole}
		r.ask("r", red, admin, line)
		r.Ledger = whole
		if after := r.state(t); after != before {
			t.Errorf("%s changed something:\n%s\nwas\n%s", line, after, before)
		}
	}
}

type unrecorded struct{ ledger.Ledger }

func (unrecorded) Record(context.Context, ledger.Act) error { return errors.New("disk is full") }

func TestAdminSuggestions(t *testing.T) {
	r, _ := town(t)
	for line, want := range map[string]string{
		"/digest set ":                      "made",
		"/digest set made sty":              "style=",
		"/digest set made style=":           "brief full headlines",
		"/digest set made style=B":          "brief",
		"/digest subscribe x schedule=week": "weekdays 8:30|weekends 10:00",
		"/digest subscribe x zone=shang":    "Asia/Shanghai",
		"/digest subscribe x tags=AI,clou":  "AI, Cloud Native",
		"/digest subscribe x start=":        "latest next",
		"/digest pause red":                 "g:red-news",
		"/digest release ":                  heldKey(red),
		"/digest forget held":               heldKey(red),
	} {
		var got []string
		for _, c := range r.Suggest(t.Context(), chat.Request{Channel: red, Home: "red", User: admin, Line: line}) {
			got = append(got, c.Value)
		}
		if strings.Join(got, " ") != strings.ReplaceAll(want, "|", " ") {
			t.Errorf("%q suggests %q, want %q", line, got, want)
		}
	}
}

// A pause is refused where no subscription posts: another channel may be meant. A pause
// outlives its subscription, and can be ended without it.
func TestPauseOfAnUnservedChannel(t *testing.T) {
	r, _ := town(t)
	for _, c := range []struct {
		line, want string
		refused    bool
	}{
		{"/digest pause red-other", "g:red-other has no subscription, so nothing is posted there automatically.", true},
		{"/digest pause red-@everyone", "g:red-@everyone has no subscription", true},
		{"/digest resume red-other", "g:red-other is not paused.", true},
		{"/digest resume red-news", "g:red-news is not paused.", false},
		{"/digest subscribe other channel=red-other", "is ready", false},
		{"/digest pause red-other", "g:red-other is paused.", false},
		{"/digest pause red-other", "Grace has already paused g:red-other.", false},
		{line: "", want: "other@g.red"}, // the subscription is removed
		{"/digest pause red-other", "Grace has already paused g:red-other.", false},
		{"/digest resume red-other", "g:red-other gets digests again", false},
		{"/digest resume red-other", "g:red-other is not paused.", true},
	} {
		if c.line == "" {
			if ok, err := r.Dispatch.Subscriptions.Unsubscribe(t.Context(), c.want); err != nil || !ok {
				t.Fatal(ok, err)
			}
			continue
		}
		reply := r.ask(c.line, red, admin, c.line)
		if got := words(reply); !strings.Contains(got, c.want) || compose.Refused(reply) != c.refused {
			t.Errorf("%s is answered %q, refused %t", c.line, got, compose.Refused(reply))
		}
	}
	acts, err := r.Ledger.Acts(t.Context(), ledger.ActQuery{Adapter: "g", Home: "red"})
	if err != nil || len(acts) != 3 {
		t.Errorf("the record has %+v, %v, want what was done", acts, err)
	}
}
