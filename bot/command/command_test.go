package command

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/compose/language"
	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
	"github.com/digestbot/digestbot/bot/refs"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/bot/vocabulary"
	"github.com/digestbot/digestbot/digest"
)

var general = chat.Channel{Adapter: "web", ID: "general"}

// farAway is an ID that does not fit on a button.
var farAway = "archive/" + strings.Repeat("long-", 20) + "@everyone"

// room is a desk and its log.
type room struct {
	*Desk
	t   *testing.T
	log strings.Builder
}

func newRoom(t *testing.T) *room {
	l, err := sqlite.Open(filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	library := digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{
		{Card: digest.Card{ID: "2026-01-21-tech", Title: "今天", Date: time.Date(2026, 1, 21, 0, 0, 0, 0, time.UTC), Tags: []string{"AI", "Cloud Native"}, Categories: []string{"tech"}, Language: "zh", URL: "https://site.example/a.html"}, Stories: []digest.Story{{Headline: "头条", Sources: []digest.Source{{URL: "https://example.org/1"}}}}, Sections: []digest.Section{{Title: "分析", Text: digest.Text{{Text: "为什么"}}}}},
		{Card: digest.Card{ID: "2026-01-20-tech", Title: "昨天", Date: time.Date(2026, 1, 20, 0, 0, 0, 0, time.UTC), Tags: []string{"ai"}, Categories: []string{"tech"}}, Problems: []digest.Problem{{Severity: digest.Error, Code: "no-stories"}}},
		{Card: digest.Card{ID: farAway, Title: "long ago"}, Sections: []digest.Section{{Title: "Why", Text: digest.Text{{Text: "because"}}}}},
		{Card: digest.Card{ID: "2026-01-22-sports", Title: "sports", Date: time.Date(2026, 1, 22, 0, 0, 0, 0, time.UTC), Tags: []string{"agentic-ai"}, Categories: []string{"sports"}}},
	}))
	r := &room{t: t}
	r.Desk = &Desk{
		Library: func() *digest.Library { return library }, Ledger: l,
		Serving: func(c chat.Channel) (subscription.Subscription, bool) {
			return subscription.Subscription{Name: "morning", Match: subscription.Match{Categories: []string{"tech"}}, Look: compose.Look{Style: "compact", Language: "en"}}, c == general
		},
		Search: func(_ context.Context, words string, limit int) (hits []vocabulary.Place, err error) {
			for _, d := range library.All() {
				for i, s := range text(r.t, d).Stories {
					if s.Headline == words && len(hits) < limit {
						hits = append(hits, vocabulary.Place{Digest: d, Story: i})
					}
				}
			}
			return hits, nil
		},
		Reaches: func(c chat.Channel) bool { return c == general },
		Log:     slog.New(slog.NewTextHandler(&r.log, nil)),
	}
	r.Dispatch = dispatch.New(dispatch.Options{Ledger: l, Adapters: map[string]chat.Adapter{"web": &stage{}}, Library: func() *digest.Library { return r.Library() }, Log: r.Log})
	return r
}

var (
	reader = chat.User{ID: "u1", Name: "Ada"}
	admin  = chat.User{ID: "u2", Name: "Grace", Admin: true}
	// operator asks at a terminal.
	operator = chat.User{ID: "terminal", Name: "Lin", Admin: true, Operator: true}
)

// says sends a line and returns all words of the reply.
func (r *room) says(u chat.User, line string) string {
	r.t.Helper()
	r.limiter = rateLimiter{} // no person types so fast
	return words(r.Handle(context.Background(), chat.Request{ID: "r1", Channel: general, User: u, Line: line}))
}

func words(m chat.Message) string {
	out := []string{m.Title, m.Note.String(), m.Footer}
	for _, b := range m.Blocks {
		switch x := b.(type) {
		case chat.Heading:
			out = append(out, x.Title, x.Note.String())
		case chat.Paragraph:
			out = append(out, x.Title, x.Text.String())
		case chat.Story:
			out = append(out, x.Headline, x.Summary.String())
		case chat.List:
			out = append(out, x.Title)
			for _, item := range x.Items {
				out = append(out, item.String())
			}
		case chat.Notice:
			out = append(out, x.Text.String())
		case chat.Buttons:
			for _, button := range x {
				out = append(out, button.Line)
			}
		case chat.Select:
			for _, choice := range x.Choices {
				out = append(out, choice.Line)
			}
		}
	}
	return strings.Join(slices.DeleteFunc(out, func(s string) bool { return s == "" }), "|")
}

func TestVerbs(t *testing.T) {
	r := newRoom(t)
	shown := r.Library().ByID("2026-01-21-tech")
	for _, c := range []struct {
		user       chat.User
		line       string
		want, miss string
	}{
		{reader, "/digest latest", "今天", "sports"}, // what this channel's subscription accepts
		{reader, "/digest latest", "/digest details 2026-01-21-tech", "为什么"},
		{reader, "/digest details 2026-01-21-tech", "为什么", "头条"},
		{reader, "/digest details", "分析", "because"}, // of the newest that this channel's subscription accepts
		{reader, "/digest details " + farAway, "because", ""},
		{reader, "/digest details " + refs.Digest(farAway), "because", ""},
		{reader, "/digest details 2026-01-20-tech", "“昨天” has nothing but its stories.", ""},
		{reader, "/digest details ~aaaaaaaaaa", "That digest is no longer in the library.", "~"},
		{reader, "/digest details @everyone 2026", "There is no digest “@everyone 2026”.", ""},
		{reader, "/digest latest sports", "sports", "今天"},
		{reader, "/digest latest tec", "No digest is in the category “tec”.|Did you mean one of these?|/digest latest tech", ""},
		{reader, "/digest latest @everyone", "/digest latest tech", ""},
		{reader, "/digest today", "There is no digest yet today. The newest is “今天” of 21 January 2026.|/digest story 2026-01-21-tech", ""},
		{reader, "/digest date 2026-01-21", "今天", ""},
		{reader, "/digest date 2026-01-22", "There is no digest for 22 January 2026.", "sports|"}, // which this channel's subscription does not accept
		{reader, "/digest date 21/1/2026", "今天", ""},
		{reader, "/digest date 2026-01-25", "These days have digests:|/digest date 2026-01-20|/digest date 2026-01-21", ""},
		{reader, "/digest date someday <!channel>", "I cannot read “someday <!channel>” as a day.", ""},
		{reader, "/digest tag ai", "AI: 3 digests", "None has"},
		{reader, "/digest tag ai", "2 with exactly this tag, 1 with related tags:|/digest tag agentic-ai", ""},
		{reader, "/digest tag ＡＩ", "昨天", ""},
		{reader, "/digest tag ai", "今天|21 January 2026 · one story · on the site|头条（example.org）", "page="},
		{reader, "/digest tag ai cloud native", "AI + Cloud Native: one digest", "昨天"},
		{reader, "/digest tag cloud native ai", "Cloud Native + AI: one digest", ""},
		{reader, `/digest tag AI -"cloud native"`, "AI − Cloud Native: 2 digests", "头条"},
		{reader, "/digest tag ai －cloud native", "AI − Cloud Native: 2 digests", "头条"},
		{reader, "/digest tag -ai", "− AI: one digest", "今天"},
		{reader, "/digest tag ai -ai", "No digest has all of these: AI − AI.|Did you mean one of these?|/digest tag AI", ""},
		{reader, "/digest tag ai clou", "No digest has the tag “clou”, and no story contains it.|Did you mean one of these?|/digest tag ai \"Cloud Native\"", "/digest search"},
		{reader, "/digest tag cluod-native", "/digest tag \"Cloud Native\"", "one digest"}, // a typing error
		{reader, "/digest tag " + strings.Repeat("长", 300), "The most used tags:|/digest tag AI", ""},
		{reader, "/digest tag --", "No digest has the tag “--”, and no story contains it.", "search"},
		{reader, "/digest tag 漏洞 安全", "No digest has the tag “漏洞 安全”, and no story contains it.|The most used tags:|/digest tag AI|/digest tag agentic-ai|/digest tag \"Cloud Native\"", "/digest search"},
		{reader, "/digest tags cl", "Cloud Native 1", "AI 2"},
		{reader, "/digest tags zz", "No digest has the tag “zz”.", ""},
		{reader, "/digest source example.org", "example.org: one story", ""},
		{reader, "/digest source https://www.EXAMPLE.org/1", "example.org: one story", ""},
		{reader, "/digest source org", "org: one story", ""}, // all its subdomains
		{reader, "/digest source ample.org", "No story comes from “ample.org”.|Did you mean one of these?|/digest source example.org", "one story"},
		{reader, "/digest source @everyone", "No story comes from “@everyone”.|The most used tags:", ""},
		{reader, "/digest story 2026-01-20-tech", "昨天", ""},
		{reader, "/digest story " + refs.Story(text(t, shown), 0), "头条", "分析"},
		{reader, "/digest story 2026-01-21-tech#aaaaaa", "“今天” no longer has that story. It has these:|头条", "share="},
		{reader, "/digest story ~aaaaaaaaaa#aaaaaa", "That digest is no longer in the library.", ""},
		{reader, "/digest story #", "No story contains “#”.", ""},
		{reader, `/digest story ""`, "No story contains “”.", "Sorry"},
		{reader, "/digest story @everyone#<!channel>", "No story contains “@everyone#<!channel>”.|The most used tags:", ""},
		{reader, "/digest story 头", "头条", "Stories about"}, // the only headline with it
		{reader, "/digest story 头 share=x", "shared by Ada", "share="},
		{reader, "/digest story zebra 头条", "No story contains “zebra 头条”.|Did you mean one of these?|/digest search 头条", ""},
		{reader, "/digest search 头条", "“头条”: one result|今天|21 January 2026", "page="},
		{reader, "/digest search 头条 zebra", "No story contains “头条 zebra”.|Did you mean one of these?|/digest search 头条", ""},
		{reader, "/digest search zebra ai", "/digest tag AI", ""},
		{reader, "/digest search @everyone <!channel>", "No story contains “@everyone <!channel>”.|The most used tags:", ""},
		{reader, "/digest follow ai", "You follow “AI” now", ""},
		{reader, "/digest follow AI", "You already follow “AI”.", ""},
		{reader, "/digest following", "Tags that you follow here|AI|/digest unfollow AI", ""},
		{admin, "/digest following", "You follow no tags in this channel.", ""},
		{reader, "/digest follow clou", "No digest has the tag “clou”.|Did you mean one of these?|/digest follow \"Cloud Native\"", ""},
		{operator, "/digest follow ai", "The bot cannot send messages to a terminal. Follow tags in chat.", "You follow"},
		{operator, "/digest follow @everyone", "The bot cannot send messages to a terminal.", "Did you mean"},
		{operator, "/digest following", "The bot cannot send messages to a terminal.", "Try"},
		{reader, "/digest unfollow cloud", "You do not follow “cloud”.|Did you mean one of these?|/digest unfollow AI", ""},
		{reader, "/digest unfollow a-i", "You no longer follow “AI”.|/digest follow AI", ""},
		{reader, "/digest help tag", "/digest tag TAG|", "resend"},
		{reader, "/digest help 标签", "/digest tag TAG|", ""},
		{reader, "/digest help @everyone", "I do not know “@everyone”.", ""},
		{reader, "/digest serch 头条", "/digest search 头条", ""},
		{reader, "/digest 头条", "“头条”: one result|“头条” is not a command, so the bot searched for it.|今天", "Did you mean"},
		{reader, "头条", "“头条” is not a command, so the bot searched for it.", ""},
		{reader, "/digest @everyone <!channel>", "“@everyone <!channel>” is not a command, and no story contains it. Type /digest help", "/digest story"},
		{reader, "/digest tag 头条", "“头条”: one result|No digest has the tag “头条”. These stories contain it.|今天", "Sorry"},
		{reader, "/digest tag ai, 头条", "“头条”: one result|No digest has the tag “头条”. These stories contain it.|今天", "Sorry"},
		{reader, "/digest tag AI, Cloud Native", "AI + Cloud Native: one digest", "昨天"},
		{reader, "/digest tag AI，cloud-native", "AI + Cloud Native: one digest", "昨天"},
		{reader, "/digest tag Cloud Native、ai", "Cloud Native + AI: one digest", "昨天"},
		{reader, "/digest tag ai,-cloud native", "AI − Cloud Native: 2 digests", "头条"},
		{reader, "/digest tag ，AI、，", "AI: 3 digests", "+"},
		{reader, "/digest tag ，、", "No digest has the tag “，、”, and no story contains it.", "Sorry"},
		{reader, "/digest tag A\u200bI", "AI: 3 digests", ""},
		{reader, "/digest cloud native", "“cloud native” is not a command, and no story contains it.", "resend"},
		{reader, "/digest cloud native", "/digest tag \"Cloud Native\"", ""},
		{reader, "/digest tag ai share=here", "shared by Ada", "share=here"},
		{reader, "/digest details 2026-01-21-tech share=x", "shared by Ada", "share="},
		{reader, "/digest tag cloud-native", "头条", "昨天"},
		{reader, "/digest tag agentic", "agentic: one digest", "Did you mean"},
		{reader, "/digest tag agent", "/digest tag agentic-ai", "one digest"},
		{reader, "/digest tag @everyone", "No digest has the tag “@everyone”, and no story contains it.", "Did you mean"},
		{reader, "/digest tag", "/digest tag needs TAG. Type /digest help to see what you can ask.|/digest tag AI|", ""},
		{reader, "/digest tag page=2", "|/digest tag AI|", ""},
		{reader, "/digest 标签", "|/digest tag AI|", ""},
		{reader, "/digest story", "/digest story needs STORY.", "分析"},
		{reader, "/digest story", "|/digest story " + refs.Story(text(t, shown), 0), ""},
		{reader, "/digest source", "|/digest source example.org", ""},
		{reader, "/digest search", "/digest search needs WORDS. Type /digest help to see what you can ask.", "|"},
		{reader, "/digest details 2026-01-20-tehc", "There is no digest “2026-01-20-tehc”.|Did you mean one of these?|/digest details 2026-01-20-tech", ""},
		{reader, "/digest details 今", "/digest details 2026-01-21-tech", "2026-01-20"},
		{admin, "/digest preview spotrs", "There is no digest “spotrs”.", "Did you mean"},
		{admin, "/digest preview sport", "/digest preview 2026-01-22-sports", ""},
		{admin, "/digest resend long", "/digest resend " + refs.Digest(farAway), ""},
		{reader, "/digest tags", "AI 2", ""},
		{reader, "/digest help", "/digest resend [DIGEST]", ""},
		{reader, "/digest", "/digest tag TAG", ""},
		{reader, "/digest lastest", "“lastest” is not a command, and no story contains it. Type /digest help to see what you can ask.|Did you mean one of these?|/digest latest", ""},
		{reader, "/digest resend", "Only admins can do that.", ""},
		{admin, "/digest resend nonsense", "There is no digest “nonsense”.", ""},
	} {
		got := r.says(c.user, c.line)
		if !strings.Contains(got, c.want) || c.miss != "" && strings.Contains(got, c.miss) {
			t.Errorf("%s: %q, want %q in it and not %q", c.line, got, c.want, c.miss)
		}
	}
}

// People who type a story name it from memory.
func TestStoryCalled(t *testing.T) {
	r := newRoom(t)
	story := func(headline string) digest.Story { return digest.Story{Headline: headline} }
	library := digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{
		{
			Card: digest.Card{ID: "new", Title: "New", Date: time.Date(2026, 1, 21, 0, 0, 0, 0, time.UTC)},
			Stories: []digest.Story{
				story("A hole in Chainlit is patched"), story("Weekly news"), story("OpenTelemetry：一套标准，三种信号"), story("👩‍👩‍👧 at work")},
		},
		{
			Card: digest.Card{ID: "old", Title: "Old", Date: time.Date(2026, 1, 20, 0, 0, 0, 0, time.UTC)},
			Stories: []digest.Story{
				story("Chainlit 2 is out"), story("Weekly News"), story("All weekly news of last year"), story("Unchained")},
		},
	}))
	r.Library = func() *digest.Library { return library }
	r.Search = func(_ context.Context, words string, _ int) (hits []vocabulary.Place, err error) {
		if words == "chainlit" {
			hits = []vocabulary.Place{{Digest: library.All()[0], Story: 0}, {Digest: library.All()[1], Story: 0}}
		}
		return hits, nil
	}
	for _, c := range []struct{ called, want string }{
		{"chainlit 2 is OUT", "Old|20 January 2026|Chainlit 2 is out|"},
		{"patched chainlit", "New|21 January 2026|A hole in Chainlit is patched|"},
		{"weekly-news", "New|21 January 2026|Weekly news|"}, // the newest of those with this title
		{"标准 opentelemetry", "New|21 January 2026|OpenTelemetry：一套标准，三种信号|"},
		{"👩‍👩‍👧", "New|21 January 2026|👩‍👩‍👧 at work|"},
		{"chainlit", "“chainlit”: 2 results|New|21 January 2026 · one story|A hole in Chainlit is patched|Old|20 January 2026 · one story|Chainlit 2 is out"},
		{"chain", "No story contains “chain”."}, // three headlines have it, so the search decides
		{"chainlit zebra", "No story contains “chainlit zebra”.|Did you mean one of these?|/digest search chainlit"},
	} {
		if got := r.says(reader, "/digest story "+c.called); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", c.called, got, c.want)
		}
	}
	r.Search = func(context.Context, string, int) ([]vocabulary.Place, error) { return nil, ErrNotReady }
	if got, want := r.says(reader, "/digest story chainlit"), "The search is not ready yet."; !strings.HasPrefix(got, want) {
		t.Errorf("before there is a search: %q, want %q", got, want)
	}
	for _, c := range []struct{ typed, want string }{
		{"chainlit", "Chainlit 2 is out|A hole in Chainlit is patched"}, // one that begins with it comes first
		{"chain", "Chainlit 2 is out|A hole in Chainlit is patched|Unchained"},
		{"is chain", "A hole in Chainlit is patched|Chainlit 2 is out"},
		{"一套标准", "OpenTelemetry：一套标准，三种信号"},
		{"weekly zebra", ""},
	} {
		var got []string
		for _, choice := range r.Suggest(t.Context(), chat.Request{Channel: general, User: reader, Line: "/digest story " + c.typed}) {
			got = append(got, choice.Label)
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%q suggests %q, want %q", c.typed, strings.Join(got, "|"), c.want)
		}
	}
}

// The button of a post whose digest was removed says so, in its channel.
func TestPostedDigestThatIsGone(t *testing.T) {
	r := newRoom(t)
	if _, err := r.Ledger.Plan(t.Context(), ledger.NewDelivery("2026-01-21-tech", "今天", general, time.Now())); err != nil {
		t.Fatal(err)
	}
	r.Library = func() *digest.Library { return digest.Rules{}.NewLibrary(nil) }
	if got, want := r.says(reader, "/digest details 2026-01-21-tech"), "That digest is no longer in the library."; !strings.Contains(got, want) {
		t.Errorf("a digest that stood here: %q, want %q", got, want)
	}
	if got, want := r.says(reader, "/digest details 2026-01-20-tech"), "There is no digest “2026-01-20-tech”."; !strings.Contains(got, want) {
		t.Errorf("one that never did: %q, want %q", got, want)
	}
}

func TestRefusedCommandsPlanNothing(t *testing.T) {
	r := newRoom(t)
	r.says(reader, "/digest resend")
	if list, err := r.Ledger.List(t.Context(), ledger.Query{}); err != nil || len(list) != 0 {
		t.Errorf("%d deliveries, %v, want none", len(list), err)
	}
}

// brokenLedger fails with a cause that only operators may see.
type brokenLedger struct{ ledger.Ledger }

func (brokenLedger) List(context.Context, ledger.Query) ([]ledger.Delivery, error) {
	return nil, errors.New("disk is full")
}

func TestFailuresAreWordedForReadersAndLoggedForOperators(t *testing.T) {
	r := newRoom(t)
	r.Dispatch.Resender.Ledger = brokenLedger{}
	if got := r.says(admin, "/digest resend"); !strings.Contains(got, "Sorry") || strings.Contains(got, "disk") {
		t.Errorf("reply %q", got)
	}
	if !strings.Contains(r.log.String(), "disk is full") || !strings.Contains(r.log.String(), "user=u2") {
		t.Errorf("log %q, want the cause and who asked", r.log.String())
	}
	r.log.Reset()
	r.Dispatch.Resender = nil // panics
	if got := r.says(admin, "/digest resend"); !strings.Contains(got, "Sorry") {
		t.Errorf("reply %q", got)
	}
	if !strings.Contains(r.log.String(), "stack=") {
		t.Errorf("log %q, want a stack", r.log.String())
	}
	r.log.Reset()
	r.Serving = nil
	if f, ok := r.Form(t.Context(), chat.Request{Channel: general, User: admin, Line: "/digest subscribe"}); ok {
		t.Errorf("a form that panics is %+v", f)
	}
	if !strings.Contains(r.log.String(), "level=ERROR") || !strings.Contains(r.log.String(), "stack=") {
		t.Errorf("log %q, want a stack", r.log.String())
	}
}

func TestSuggestions(t *testing.T) {
	r := newRoom(t)
	const all = "latest today date tag tags search source story details follow unfollow following help"
	for _, c := range []struct {
		user       chat.User
		line, want string
	}{
		{reader, "", all},
		{reader, "/dig", all},
		{admin, "/digest ", all + " status why resend preview subscribe unsubscribe subscriptions set pause resume release forget"},
		{reader, "/digest 标", "tag"},
		{reader, "/digest ta", "tag tags"},
		{reader, "/digest tag ", "AI agentic-ai Cloud Native"},
		{reader, "/digest tag a", "AI agentic-ai Cloud Native"},
		{reader, "/digest tag Ai", "AI agentic-ai"},
		{reader, `/digest tag "cloud n`, "Cloud Native"},
		{reader, "/digest tag zzz", ""},
		{reader, "/digest tag AI clo", "AI Cloud Native"},
		{reader, `/digest tag "AI -cl"`, "AI -Cloud Native"}, // the form that Discord sends
		{reader, "/digest tag -clo", "-Cloud Native"},
		{reader, "/digest tag native", "Cloud Native"},
		{reader, "/digest tags ag", "agentic-ai"},
		{reader, "/digest latest t", "tech sports"},
		{reader, "/digest source exa", "example.org"},
		{reader, "/digest source org", "example.org"},
		{reader, "/digest date 2026-01-2", "2026-01-21 2026-01-20 2026-01-02"},
		{reader, "/digest date 1 jan 2026", "2026-01-01"},
		{reader, "/digest story 头", refs.Story(text(t, r.Library().ByID("2026-01-21-tech")), 0)},
		{reader, "/digest help re", ""},
		{admin, "/digest help re", "resend resume release preview"},
		{reader, "/digest search clo", "Cloud Native"},
		{reader, "/digest tag @everyone <!channel> " + strings.Repeat("长", 300), ""},
		{reader, "/digest tag \u202eעברית 👩‍👩‍👧", ""},
		{reader, "/digest resend 2026", ""},
		{admin, "/digest resend sports", "2026-01-22-sports"},
		{reader, "/digest details TECH", "2026-01-21-tech 2026-01-20-tech"},
		{reader, "/digest unknown x", ""},
	} {
		var got []string
		for _, choice := range r.Suggest(t.Context(), chat.Request{Channel: general, User: c.user, Line: c.line}) {
			got = append(got, choice.Value)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q suggests %q, want %q", c.line, strings.Join(got, " "), c.want)
		}
	}
	choice := r.Suggest(t.Context(), chat.Request{Channel: general, Line: "/digest tag cloud"})[0]
	if got, want := choice.Line, `/digest tag "Cloud Native"`; got != want {
		t.Errorf("the line becomes %q, want %q", got, want)
	}
}

func TestSuggestionsAreNoMoreThanAPlatformTakes(t *testing.T) {
	r := newRoom(t)
	d := &digest.Digest{Card: digest.Card{ID: "many"}}
	for i := range 100 {
		d.Tags = append(d.Tags, "tag"+strings.Repeat("x", i))
	}
	r.Library = func() *digest.Library { return digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{d})) }
	if got := len(r.Suggest(t.Context(), chat.Request{Line: "/digest tag t"})); got != vocabulary.MaxCompletions {
		t.Errorf("%d suggestions, want %d", got, vocabulary.MaxCompletions)
	}
}

func TestAnswersAreInTheReadersLanguage(t *testing.T) {
	r := newRoom(t)
	elsewhere := chat.Channel{Adapter: "web", ID: "x"}
	for _, c := range []struct {
		name    string
		channel chat.Channel
		locale  string
		title   string // of help
		footer  string // of the newest digest
	}{
		{"the reader's locale goes first", general, "zh-TW", "可用的指令", "2026年1月21日 · tech"},
		{"then the subscription's language", general, "", "Commands", "21 January 2026 · tech"},
		{"a locale that nobody speaks here", general, "vo", "Commands", "21 January 2026 · tech"},
		{"a locale that is none", general, "@everyone", "Commands", "21 January 2026 · tech"},
		{"no subscription", elsewhere, "", "Commands", ""},
		{"no subscription and a locale", elsewhere, "zh-CN", "可用的命令", ""},
	} {
		ask := chat.Request{Channel: c.channel, Line: "/digest help", Locale: c.locale}
		if got := r.Handle(t.Context(), ask).Title; got != c.title {
			t.Errorf("%s: help is titled %q, want %q", c.name, got, c.title)
		}
		ask.Line = "/digest latest"
		if got := r.Handle(t.Context(), ask).Footer; c.footer != "" && got != c.footer {
			t.Errorf("%s: the newest digest ends %q, want %q", c.name, got, c.footer)
		}
	}
}

// A verb with a summary only in English would appear in English in everyone's help.
func TestHelpIsWholeInEveryLanguage(t *testing.T) {
	whole := func(lang string) string {
		all := words(compose.Help(Tree(), lang))
		for _, c := range Tree().Subs {
			all += words(compose.HelpOn(Tree().Name, c, lang))
		}
		return all
	}
	english := whole("en")
	for _, lang := range language.Tags() {
		help := whole(lang)
		for _, v := range verbs() {
			if v.Hidden {
				continue
			}
			summaries := []string{v.Summary}
			for _, a := range v.Args {
				if !a.Hidden {
					summaries = append(summaries, a.Summary)
				}
			}
			for _, s := range summaries {
				if !strings.Contains(english, s) {
					t.Errorf("help in English lacks %q", s)
				}
				if lang != "en" && strings.Contains(help, s) {
					t.Errorf("help in %s has the English %q", lang, s)
				}
			}
		}
	}
}

// Discord's rule for the names of commands and options
// (https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-naming).
var nameRule = regexp.MustCompile(`^[-_'\p{L}\p{N}\p{Devanagari}\p{Thai}]{1,32}$`)

// A command without a name or a summary in a language would be shown to readers in English;
// adapters take both from the tree.
func TestTreeIsWholeInEveryLanguage(t *testing.T) {
	var check func(path string, c chat.Command, names, summaries map[string]string, summary string)
	check = func(path string, c chat.Command, names, summaries map[string]string, summary string) {
		for _, lang := range language.Tags() {
			if lang == "en" {
				continue
			}
			if name := names[lang]; path != "digest" && (!nameRule.MatchString(name) || name != strings.ToLower(name)) {
				t.Errorf("%s in %s is named %q, which is no name: add %s to languages/%s.json", path, lang, name, `"/verb" or "argument="`, lang)
			}
			if got := summaries[lang]; got == "" || utf8.RuneCountInString(got) > 100 {
				t.Errorf("%s in %s is summed up %q, want 1 to 100 characters for %q", path, lang, got, summary)
			}
			twice := map[string]bool{}
			for _, s := range c.Subs {
				if !s.Hidden && twice[s.Names[lang]] {
					t.Errorf("%s in %s has two verbs %q", path, lang, s.Names[lang])
				}
				twice[s.Names[lang]] = true
			}
		}
		for _, s := range c.Subs {
			if !s.Hidden {
				check(path+" "+s.Name, s, s.Names, s.Summaries, s.Summary)
			}
		}
		for _, a := range c.Args {
			if !a.Hidden {
				check(path+" "+a.Name, chat.Command{}, a.Names, a.Summaries, a.Summary)
			}
		}
	}
	check("digest", Tree(), nil, Tree().Summaries, Tree().Summary)
}

// A button sends its line for as long as its message exists, so each line must reach the
// intended verb.
func TestEveryButtonIsUnderstood(t *testing.T) {
	hostile := []string{"AI", "machine learning", "@everyone", "<!channel>", `"quoted"`, "“curly”", "「角」", "'", "`code`", "--", "-x", "/digest", "~tilde",
		"👩‍👩‍👧", "\u202eעברית\u202c", "two  spaces", "a\u3000b", strings.Repeat("长", 300), "2026/01/21-tech", "resend"}
	for _, id := range hostile {
		d := &digest.Digest{Card: digest.Card{ID: id, Tags: hostile, Categories: []string{"c-" + id}}, Sections: []digest.Section{{Title: id, Text: digest.Text{{Text: "x"}}}}}
		other := &digest.Digest{Card: digest.Card{ID: "other " + id}, Sections: d.Sections}
		l := digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{d, other}))
		for _, m := range []chat.Message{
			compose.Digest(d, compose.Post{}),
			compose.Bundle([]*digest.Digest{d, other}, []compose.Post{{}, {}}),
			compose.Tags(l.Tags(), "", compose.Asked{Language: "en", Page: 1}),
			compose.NoTag(id, false, nil, l.Tags(), "en"),
		} {
			reached := map[*digest.Card]bool{}
			pressed := 0
			for _, b := range m.Blocks {
				buttons, _ := b.(chat.Buttons)
				if menu, ok := b.(chat.Select); ok {
					for _, choice := range menu.Choices {
						buttons = append(buttons, chat.Button{Line: choice.Line})
					}
				}
				for _, button := range buttons {
					pressed++
					call, err := Tree().Parse(button.Line)
					switch {
					case err != nil:
						t.Errorf("%q: %v", button.Line, err)
					case call.Verb == "details":
						reached[vocabulary.New(l, nil).Digest(call.Args["digest"])] = true
					case call.Verb == "story":
						reached[vocabulary.New(l, nil).Digest(call.Args["story"])] = true
					case call.Verb == "search":
						if got := call.Args["words"]; got != strings.TrimSpace(id) {
							t.Errorf("%q asks for %q, want %q", button.Line, got, id)
						}
					case call.Verb != "tag" || call.Args["tag"] == "":
						t.Errorf("%q asks for %q with %q", button.Line, call.Verb, call.Args)
					}
				}
			}
			if pressed == 0 {
				t.Errorf("%q: there is no button", id)
			}
			if len(reached) > 0 && !reached[digest.Keep(d)] || reached[nil] {
				t.Errorf("%q: its button reaches %v", id, reached)
			}
		}
	}
}

func TestButtonsOfOlderVersionsWork(t *testing.T) {
	r := newRoom(t)
	for line, want := range map[string]string{
		"/digest tag AI":             "AI: 3 digests",
		`/digest tag "Cloud Native"`: "Cloud Native: one digest",
		"/digest tag '":              "No digest has the tag",
	} {
		if got := r.says(reader, line); !strings.Contains(got, want) {
			t.Errorf("%s is answered %q, want %q", line, got, want)
		}
	}
}

// text returns a digest with its text.
func text(t testing.TB, c *digest.Card) *digest.Digest {
	t.Helper()
	d, err := c.Read()
	if err != nil {
		t.Fatal(err)
	}
	return d
}
