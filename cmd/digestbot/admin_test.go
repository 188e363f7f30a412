package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/adapters/adaptertest/browser"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
)

// The tokens of the room's reader and of the operator.
const (
	readersToken   = "planted-room-token"
	operatorsToken = "planted-admin-token"
)

// screen collects the output of a running program.
type screen struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String()
}

// operated is a running bot with its ledger.
type operated struct {
	t      *testing.T
	base   string // of its HTTP server
	ledger *sqlite.Ledger
	says   *screen
}

// hostileTitle is a title that an attacker may write.
var hostileTitle = "<script>alert(1)</script> @everyone &amp; \u202eمرحبا\u202c 👩‍👩‍👧‍👦 " + strings.Repeat("endlessword", 23)

// operate runs serve until the test ends, with a digest of today and an old one.
func operate(t *testing.T, tables string, environment map[string]string) operated {
	t.Helper()
	folder := t.TempDir()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listen := free.Addr().String()
	_ = free.Close()
	const text = "---\ntitle: '%s'\ndate: %s\ntags: [AI]\n---\n\n## Top\n\n### A story\n\nWhat happened.\n\n**Source:** [it](https://example.org/a)\n"
	today := time.Now().UTC().Format(time.DateOnly)
	for name, content := range map[string]string{
		"config.toml": "[library]\npath = \"library\"\n[http]\nlisten = \"" + listen + "\"\n" + tables +
			"[[subscription]]\nname = \"morning\"\nchannels = [\"web:general\"]\nschedule = \"weekdays 8:30\"\n",
		"library/" + today + "-today.md":  fmt.Sprintf(text, hostileTitle, today),
		"library/2026-01-05-old.md":       fmt.Sprintf(text, "An old one", "2026-01-05"),
		"library/2026-01-06-broken<b>.md": "---\ntitle: [broken\n---\n\nText.\n",
	} {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := operated{t: t, base: "http://" + listen, says: &screen{}}
	p := &program{kinds: adapters.Kinds, out: o.says, err: o.says, getenv: func(name string) string { return environment[name] }}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, p, []string{"--config", filepath.Join(folder, "config.toml")}) }()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("serve ended with %d:\n%s", code, o.says)
		}
		for _, token := range environment {
			if strings.Contains(o.says.String(), token) {
				t.Errorf("a token is in what serve says:\n%s", o.says)
			}
		}
	})
	o.until("it serves", func() bool {
		res, err := http.Get(o.base + "/healthz")
		if err == nil {
			_ = res.Body.Close()
		}
		return err == nil
	})
	if o.ledger, err = sqlite.Open(filepath.Join(folder, "var", "digestbot.db")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.ledger.Close() })
	return o
}

// until waits until a condition holds.
func (o operated) until(what string, is func() bool) {
	o.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			o.t.Fatalf("never: %s; serve says:\n%s", what, o.says)
		}
	}
}

// list returns the deliveries that match a query.
func (o operated) list(q ledger.Query) []ledger.Delivery {
	o.t.Helper()
	list, err := o.ledger.List(context.Background(), q)
	if err != nil {
		o.t.Fatal(err)
	}
	return list
}

// done returns the record, oldest entry first.
func (o operated) done() (all []string) {
	o.t.Helper()
	acts, err := o.ledger.Acts(context.Background(), ledger.ActQuery{Limit: -1})
	if err != nil {
		o.t.Fatal(err)
	}
	for _, a := range slices.Backward(acts) {
		all = append(all, a.By.Name+" "+a.What)
	}
	return all
}

// all returns everything that a form could change.
func (o operated) all() string {
	o.t.Helper()
	stored, err1 := o.ledger.Stored(context.Background())
	pauses, err2 := o.ledger.Pauses(context.Background())
	if err1 != nil || err2 != nil {
		o.t.Fatal(err1, err2)
	}
	return fmt.Sprintf("%+v %+v %+v %q", o.list(ledger.Query{}), stored, pauses, o.done())
}

// hold plans a delivery that is held in doubt.
func (o operated) hold() chat.Key {
	o.t.Helper()
	x := ledger.NewDelivery("2026-01-05-old", hostileTitle, chat.Channel{Adapter: "web", ID: "general"}, time.Now())
	x.Cause = ledger.ForSlot
	x.Hold(ledger.Because(ledger.CannotTell, "the answer was <b>lost</b>"), time.Now())
	if _, err := o.ledger.Plan(context.Background(), x); err != nil {
		o.t.Fatal(err)
	}
	return x.Key
}

// client returns an HTTP client that keeps cookies and follows no redirects.
func client() *http.Client {
	jar, _ := cookiejar.New(nil)
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// ask posts a form or, if form is nil, gets a page.
func (o operated) ask(c *http.Client, path string, form url.Values, headers ...string) (*http.Response, string) {
	o.t.Helper()
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(o.t.Context(), method, o.base+path, body)
	if err != nil {
		o.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if r.Header.Set(name, value); name == "Host" {
			r.Host = value
		}
	}
	res, err := c.Do(r)
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	if h := res.Header; strings.HasPrefix(path, "/admin") && (!strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'; style-src 'self';") ||
		strings.Contains(h.Get("Content-Security-Policy"), "unsafe") || !strings.HasPrefix(h.Get("Cache-Control"), "no-") ||
		h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "same-origin") {
		o.t.Errorf("%s has the headers %v", path, h)
	}
	return res, string(text)
}

// signIn signs in and returns the word of the session's forms.
func (o operated) signIn(c *http.Client) (word string) {
	o.t.Helper()
	res, _ := o.ask(c, "/admin/login", url.Values{"token": {operatorsToken}})
	if res.StatusCode != http.StatusSeeOther {
		o.t.Fatalf("sign in: %s", res.Status)
	}
	_, page := o.ask(c, "/admin", nil)
	found := regexp.MustCompile(`name="word" value="([A-Z2-7]{20,})"`).FindStringSubmatch(page)
	if found == nil {
		o.t.Fatalf("no form has a word:\n%s", page)
	}
	return found[1]
}

var separate = map[string]string{"DIGESTBOT_WEB_TOKEN": readersToken, "DIGESTBOT_ADMIN_TOKEN": operatorsToken}

// Only someone who has signed in as operator, and sends a form of the page, can act as one.
func TestForgedFormsChangeNothing(t *testing.T) {
	o := operate(t, "", separate)
	key := string(o.hold())
	o.until("the newest is posted", func() bool { return len(o.list(ledger.Query{State: ledger.Sent})) == 1 })
	operator, reader, stranger := client(), client(), client()
	word := o.signIn(operator)
	if res, _ := o.ask(reader, "/login", url.Values{"token": {readersToken}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("the reader is not in: %s", res.Status)
	}
	// The reader's cookie does not work under the operator's cookie name either.
	thief := client()
	at, _ := url.Parse(o.base + "/admin")
	root, _ := url.Parse(o.base)
	for _, c := range reader.Jar.Cookies(root) {
		c.Name, c.Path = operator.Jar.Cookies(at)[0].Name, "/admin"
		thief.Jar.SetCookies(at, []*http.Cookie{c})
	}
	before := o.all()
	forms := map[string]url.Values{
		"/admin/deliveries/" + key:   {"do": {"release"}},
		"/admin/channel":             {"do": {"pause"}, "channel": {"web:general"}},
		"/admin/subscription":        {"channel": {"web:general"}, "schedule": {"daily 9:00"}},
		"/admin/subscription/remove": {"name": {"digest@web"}},
		"/admin/logout":              {},
	}
	for path, form := range forms {
		for _, c := range []struct {
			who     string
			client  *http.Client
			word    string
			headers []string
			want    int
		}{
			{"without a word", operator, "", nil, 403},
			{"with another word", operator, strings.Repeat("A", 26), nil, 403},
			{"of another site", operator, word, []string{"Origin: http://evil.example"}, 403},
			{"of no site", operator, word, []string{"Origin: null"}, 403},
			{"of another site, without Origin", operator, word, []string{"Sec-Fetch-Site: cross-site"}, 403},
			{"of a sibling site", operator, word, []string{"Sec-Fetch-Site: same-site"}, 403},
			{"by a foreign name", operator, word, []string{"Host: evil.example"}, 421},
			{"too long", operator, word + strings.Repeat(" ", 70_000), nil, 403},
			{"of a reader", reader, word, nil, 401},
			{"of a reader under another name", thief, word, nil, 401},
			{"of a stranger", stranger, word, nil, 401},
		} {
			sent := url.Values{"word": {c.word}}
			for name, values := range form {
				sent[name] = values
			}
			if res, text := o.ask(c.client, path, sent, c.headers...); res.StatusCode != c.want {
				t.Errorf("%s, a form %s: %s %q, want %d", path, c.who, res.Status, text, c.want)
			}
		}
	}
	for _, page := range []string{"", "/", "/deliveries", "/deliveries/" + key, "/library", "/subscriptions", "/subscription", "/record", "/nowhere"} {
		for who, c := range map[string]*http.Client{"a reader": reader, "a thief": thief, "a stranger": stranger} {
			if res, text := o.ask(c, "/admin"+page, nil); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/admin/login" || strings.Contains(text, "general") {
				t.Errorf("%s sees %q: %s %q", who, page, res.Status, text)
			}
		}
		if res, _ := o.ask(operator, "/admin"+page, nil, "Host: evil.example"); res.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("by a foreign name, %q is %s", page, res.Status)
		}
	}
	if after := o.all(); after != before {
		t.Errorf("something was changed:\n%s\nbefore:\n%s", after, before)
	}

	// The same form sent by the page works, once.
	for range 2 {
		if res, text := o.ask(operator, "/admin/deliveries/"+key, url.Values{"do": {"release"}, "word": {word}}, "Origin: "+o.base, "Sec-Fetch-Site: same-origin"); res.StatusCode != http.StatusSeeOther {
			t.Fatalf("release: %s %s", res.Status, text)
		}
		o.until("it is posted", func() bool { return len(o.list(ledger.Query{State: ledger.Sent})) == 2 })
	}
	if got, want := o.done(), []string{"the operator page releases " + key + " to web:general"}; !slices.Equal(got, want) {
		t.Errorf("the record has %q, want %q", got, want)
	}
	if _, page := o.ask(operator, "/admin", nil); !strings.Contains(page, "It cannot be done: delivery "+key+" is posted") {
		t.Errorf("the second time is not refused in words:\n%s", page)
	}
	if res, _ := o.ask(operator, "/admin/logout", url.Values{"word": {word}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("sign out: %s", res.Status)
	}
	if res, _ := o.ask(operator, "/admin/channel", url.Values{"word": {word}, "do": {"pause"}, "channel": {"web:general"}}); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("after signing out: %s", res.Status)
	}
}

// Someone who guesses the token is told to wait. The right token is always accepted, and
// begins a session of its own, with a cookie that no script and no other site gets.
func TestOperatorSignsIn(t *testing.T) {
	o := operate(t, "url = \"https://digest.example.org\"\n", separate)
	const site = "Host: digest.example.org"
	var statuses []int
	for _, token := range []string{"", readersToken, operatorsToken + "s", "4", "5", "6", "7", "8", "9", "10", "11"} {
		res, page := o.ask(client(), "/admin/login", url.Values{"token": {token}}, site)
		statuses = append(statuses, res.StatusCode)
		if len(res.Cookies()) > 0 || !strings.Contains(page, "This is not the operator") || token != "" && len(token) > 2 && strings.Contains(page, token) {
			t.Errorf("token %q: %v, %s", token, res.Cookies(), page)
		}
	}
	if want := append(slices.Repeat([]int{403}, 10), 429); !slices.Equal(statuses, want) {
		t.Errorf("got %v, want %v", statuses, want)
	}
	if res, _ := o.ask(client(), "/admin/login", url.Values{"token": {operatorsToken}}, site, "Origin: https://evil.example"); res.StatusCode != http.StatusForbidden || len(res.Cookies()) > 0 {
		t.Errorf("another site signs somebody in: %s", res.Status)
	}
	res, _ := o.ask(client(), "/admin/login", url.Values{"token": {operatorsToken}}, site, "Origin: https://digest.example.org")
	cookies := res.Cookies()
	if res.StatusCode != http.StatusSeeOther || len(cookies) != 1 {
		t.Fatalf("sign in: %s, %v", res.Status, cookies)
	}
	first := cookies[0]
	if !first.HttpOnly || !first.Secure || first.SameSite != http.SameSiteStrictMode || first.Path != "/admin" || first.MaxAge != 12*3600 || len(first.Value) < 20 {
		t.Errorf("the cookie is %s", first)
	}
	cookie := func(c *http.Cookie) string { return "Cookie: " + c.Name + "=" + c.Value }
	res, _ = o.ask(client(), "/admin/login", url.Values{"token": {operatorsToken}}, site, cookie(first))
	second := res.Cookies()[0]
	for c, want := range map[*http.Cookie]int{first: http.StatusSeeOther, second: http.StatusOK} {
		if res, _ := o.ask(client(), "/admin", nil, site, cookie(c)); res.StatusCode != want {
			t.Errorf("with cookie %t the page is %s, want %d", c == second, res.Status, want)
		}
	}
	if first.Value == second.Value || !strings.Contains(o.says.String(), `"for":"the operator page"`) {
		t.Errorf("the session stays, or wrong tokens are not logged:\n%s", o.says)
	}
}

// Without a token of its own the page is closed, even on this machine, and says how to open
// it. A token that opens anything else is refused.
func TestOperatorPageHasATokenOfItsOwn(t *testing.T) {
	o := operate(t, "", nil)
	for _, path := range []string{"/admin", "/admin/", "/admin/login", "/admin/deliveries", "/admin/record"} {
		res, page := o.ask(client(), path, nil)
		if res.StatusCode != http.StatusForbidden || !strings.Contains(page, "DIGESTBOT_ADMIN_TOKEN") || !strings.Contains(page, "admin_token_file") || strings.Contains(page, "general") {
			t.Errorf("%s: %s %s", path, res.Status, page)
		}
	}
	if res, _ := o.ask(client(), "/admin/login", url.Values{"token": {""}}); res.StatusCode != http.StatusForbidden || len(res.Cookies()) > 0 {
		t.Errorf("no token signs in: %s", res.Status)
	}
	folder := t.TempDir()
	conf := filepath.Join(folder, "config.toml")
	if err := os.WriteFile(conf, []byte("[library]\npath = \".\"\n[http]\nlisten = \"127.0.0.1:0\"\nadmin_token_file = \"token\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ token, variable, want string }{
		{operatorsToken, "DIGESTBOT_WEB_TOKEN", "config.toml:5:1: http.admin_token_file: the token of the operator page opens the web room, too"},
		{operatorsToken, "DIGESTBOT_METRICS_TOKEN", "config.toml:5:1: http.admin_token_file: the token of the operator page opens /metrics, too"},
		{"short", "", "config.toml:5:1: http.admin_token_file: the token has less than 16 characters"},
	} {
		if err := os.WriteFile(filepath.Join(folder, "token"), []byte(c.token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		p := &program{kinds: adapters.Kinds, out: &out, err: &out, getenv: func(name string) string {
			if name == c.variable {
				return c.token
			}
			return ""
		}}
		if code := run(t.Context(), p, []string{"--config", conf}); code != 1 || !strings.Contains(out.String(), c.want) || strings.Contains(out.String(), operatorsToken) {
			t.Errorf("ended with %d and said %s, want %s", code, &out, c.want)
		}
	}
}

// With a real browser, an operator signs in, decides about a held delivery, posts a digest
// again, and creates, changes, pauses and removes a subscription. All of it is in the
// record. No page is wider than a phone, and none contains anything that its policy
// forbids.
func TestOperatorPageInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	o := operate(t, "", separate)
	held := o.hold()
	o.until("the newest is posted", func() bool { return len(o.list(ledger.Query{State: ledger.Sent})) == 1 })
	today := o.list(ledger.Query{State: ledger.Sent})[0]

	b := browser.Visit(t, "about:blank", 390)
	var mu sync.Mutex
	var complaints []string
	if err := chromedp.Listen(b.Context, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *log.EventEntryAdded:
			if !strings.Contains(e.Entry.Text, "the server responded with a status of 4") { // forms that are shown again
				complaints = append(complaints, e.Entry.Text)
			}
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, e.ExceptionDetails.Text)
		}
	}); err != nil {
		t.Fatal(err)
	}
	// fits reports a page that is wider than the window.
	fits := func() {
		t.Helper()
		b.See("the page with its style", "document.readyState == 'complete'")
		at := browser.Value[string](b, "location.pathname")
		if wide := browser.Value[int](b, "document.documentElement.scrollWidth"); wide > 390 {
			t.Errorf("%s is %d wide", at, wide)
		}
		if n := browser.Value[int](b, "document.querySelectorAll('script, [style], [onclick], main b').length"); n > 0 {
			t.Errorf("%s has %d scripts, styles or elements of a title", at, n)
		}
		if bare := browser.Value[string](b, "[...document.querySelectorAll('input:not([type=hidden], [hidden]), select')].filter((e) => !e.labels.length).map((e) => e.name).join()"); bare != "" {
			t.Errorf("%s has fields without a label: %s", at, bare)
		}
	}
	goTo := func(path, title string) {
		t.Helper()
		b.Do(chromedp.Navigate(o.base + "/admin" + path))
		b.See(title, browser.Shows("h1", title))
		fits()
	}
	press := func(selector, says string) {
		t.Helper()
		browser.Value[bool](b, "window.pressed = true") // the page before may say the same
		b.Do(chromedp.Click(chromedp.CSS(selector)))
		b.See(says, "!window.pressed && "+browser.Shows(".note, .problem", says))
		fits()
	}

	b.Do(chromedp.Navigate(o.base + "/admin"))
	b.See("the sign-in", browser.Shows("label", "Operator's token"))
	b.TypeInto("#token", readersToken)
	press("button.main", "This is not the operator's token.")
	b.TypeInto("#token", operatorsToken)
	press("button.main", "One thing needs your attention.")
	b.See("the title as text", browser.Shows(".title", "<script>alert(1)</script> @everyone &amp; \\u202e"))

	press(`button[value="release"]`, "is released")
	o.until("it is posted", func() bool { return len(o.list(ledger.Query{State: ledger.Sent})) == 2 })
	goTo("", "Overview")
	b.See("nothing to decide", browser.Shows(".note", "Nothing needs your attention."))

	goTo("/deliveries?state=sent&channel=web:general&day="+today.Planned.UTC().Format(time.DateOnly), "Deliveries")
	b.See("both", "document.querySelectorAll('.rows .title').length == 2")
	goTo("/deliveries?day=2026-01-05", "Deliveries")
	b.See("none", browser.Shows("main", "No delivery matches."))
	goTo("/deliveries/"+string(held), "<script>")
	b.See("the decision", browser.Shows("#decisions ~ ol", "released by the operator page"))
	goTo("/deliveries/"+string(today.Key), "<script>")
	b.See("the link", fmt.Sprintf("document.querySelector('.open').href == %q", today.Parts[0].Receipt.URL))
	press(`button[value="missing"]`, "No part is missing.")
	press(`button[value="edit"]`, "The messages already match the file.")
	press(`button[value="again"]`, "again.")
	o.until("it is posted again", func() bool {
		return slices.ContainsFunc(o.list(ledger.Query{State: ledger.Sent}), func(x ledger.Delivery) bool {
			return x.Cause == ledger.ForResend && x.By == "the operator page"
		})
	})

	goTo("/library", "Library")
	b.See("the problem and the remedy", browser.Shows(".rows", "broken<b>.md")+" && "+browser.Shows(".rows", "What to do: "))

	set := func(field, value string) {
		t.Helper()
		browser.Value[bool](b, fmt.Sprintf("((e) => { e.value = ''; return true })(document.getElementById(%q))", field))
		b.TypeInto("#"+field, value)
	}
	goTo("/subscription", "New subscription")
	set("channel", "nowhere:office")
	set("schedule", "whenever")
	set("label", "two words")
	press("form.fields button.main", "Nothing was changed: 2 fields have mistakes.")
	b.See("why, beside the field", browser.Shows("#channel-problem", "nowhere")+" && "+browser.Shows("#schedule-problem", "5 fields are wanted")+" && document.querySelector('#schedule').value == 'whenever'")
	set("channel", "web:general")
	set("label", "")
	press("form.fields button.main", "Nothing was changed: 2 fields have mistakes.")
	b.See("that there is one", browser.Shows("#label-problem", "web:general already has the subscription “morning”."))
	set("label", "two words")
	set("channel", "web:office")
	press("form.fields button.main", "Nothing was changed: 2 fields have mistakes.")
	b.See("the name", browser.Shows("#label-problem", "is not valid"))
	set("label", "office")
	set("schedule", "daily 9:00")
	press("form.fields button.main", "“office@web” is ready")
	o.until("it begins", func() bool { return len(o.list(ledger.Query{Subscription: "office@web"})) == 1 })
	b.Do(chromedp.Click(chromedp.CSS(`a[href="/admin/subscription?name=office%40web"]`)))
	b.See("the form", browser.Shows("h1", "office@web")+" && document.querySelector('#schedule').value == 'daily 9:00'")
	fits()
	b.Do(chromedp.Click(chromedp.CSS("summary")))
	set("stories_shown", "many")
	press("form.fields button.main", "one field has a mistake")
	b.See("why", browser.Shows("#stories_shown-problem", "Write a number from 1 to 99."))
	set("stories_shown", "3")
	press("form.fields button.main", "“office@web” is changed.")
	if stored, err := o.ledger.Stored(t.Context()); err != nil || len(stored) != 1 || !strings.Contains(stored[0].Settings, `"stories_shown":3`) || stored[0].By.Name != "the operator page" {
		t.Errorf("stored %+v, %v", stored, err)
	}
	press(`button[value="pause"]`, "is paused: nothing new is posted there.")
	press(`button[value="resume"]`, "is resumed")
	b.Do(chromedp.Click(chromedp.CSS("summary.button")))
	press("button.danger", "“office@web” is removed.")
	if stored, err := o.ledger.Stored(t.Context()); err != nil || len(stored) != 0 {
		t.Errorf("stored %+v, %v", stored, err)
	}

	goTo("/record", "Record")
	want := []string{
		"the operator page releases " + string(held) + " to web:general",
		"the operator page posts what is missing of “" + today.Digest + "” in web:general",
		"the operator page edits “" + today.Digest + "” in web:general in place",
		"the operator page posts “" + today.Digest + "” to web:general",
		"the operator page makes subscription office@web of web:office",
		"the operator page changes subscription office@web of web:office",
		"the operator page pauses web:office",
		"the operator page resumes web:office",
		"the operator page removes subscription office@web of web:office",
	}
	if got := o.done(); !slices.Equal(got, want) {
		t.Errorf("the record has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := browser.Value[int](b, "document.querySelectorAll('main li').length"); got != len(want) {
		t.Errorf("the page shows %d acts, want %d", got, len(want))
	}
	goTo("/nowhere", "There is nothing here")
	b.Do(chromedp.Click(chromedp.CSS("button.plain")))
	b.See("the sign-in", browser.Shows("label", "Operator's token"))
	mu.Lock()
	defer mu.Unlock()
	if len(complaints) > 0 {
		t.Errorf("the browser complains:\n%s", strings.Join(complaints, "\n"))
	}
}
