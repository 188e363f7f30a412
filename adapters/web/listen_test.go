package web

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/digestbot/digestbot/bot/chat"
)

// tree is the command of these tests.
var tree = chat.Command{Name: "digest", Subs: []chat.Command{
	{Name: "latest", Summary: "The newest digest", Summaries: map[string]string{"eo": inEsperanto("The newest digest")}, Private: true},
	{Name: "tag", Summary: "Digests with a tag", Private: true, Args: []chat.Arg{{Name: "tag", Required: true, Rest: true, Suggest: true}}},
	{Name: "tags", Summary: "All tags", Private: true},
	{Name: "shout", Summary: "Say it to everyone"},
}}

// echo answers every line with the line, and records the requests.
type echo struct {
	mu       sync.Mutex
	requests []chat.Request
}

func (e *echo) Handle(_ context.Context, r chat.Request) chat.Message {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.requests = append(e.requests, r)
	return chat.Message{Title: "You said " + r.Line, Blocks: []chat.Block{
		chat.Paragraph{Text: chat.Plain("<script>document.title = 'taken'</script>")},
		chat.Buttons{{Label: "AI", Line: "/digest tag AI"}},
	}}
}

func (*echo) Form(context.Context, chat.Request) (chat.Form, bool) { return chat.Form{}, false }

func (e *echo) Suggest(_ context.Context, r chat.Request) []chat.Choice {
	_, prefix, ok := strings.Cut(r.Line, "tag ")
	if !ok {
		return nil
	}
	var all []chat.Choice
	for _, tag := range []string{"AI", "Azure", "数据库", "machine learning"} {
		if hasPrefixFold(tag, prefix) {
			all = append(all, chat.Choice{Label: tag, Value: tag, Line: chat.Line("digest", "tag", tag)})
		}
	}
	return all
}

// freeAddress returns an address on which nothing listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().String()
}

// get requests a page and returns its status and text.
func get(t *testing.T, req *http.Request) (*http.Response, string) {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func request(t *testing.T, method, address, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestHostAndOrigin(t *testing.T) {
	home := freeAddress(t)
	a := openAt(t, t.TempDir(), home, &url.URL{Scheme: "https", Host: "digest.example.org"}, "general")
	listen(t, a, tree, &echo{})
	session := signIn(t, "http://"+home, roomToken)
	_, port, _ := strings.Cut(home, ":")
	const good, command = "application/json", `{"channel":"general","line":"/digest tags"}`
	for _, c := range []struct {
		method, path, host, origin string
		want                       int
	}{
		{"GET", "/", "", "", 200},
		{"GET", "/", "localhost:" + port, "", 200},
		{"GET", "/", "[::1]:" + port, "", 200},
		{"GET", "/", "digest.example.org", "", 200},
		{"GET", "/", "digest.example.org:" + port, "", 421},
		{"GET", "/", "evil.example:" + port, "", 421},
		{"GET", "/", "127.0.0.1", "", 421},
		{"GET", "/", "127.0.0.1:1", "", 421},
		{"GET", "/", "localhost.evil.example:" + port, "", 421},
		{"GET", "/room/app.js", "evil.example", "", 421},
		{"GET", "/c/%3Cscript%3E", "", "", 404},
		{"GET", "/c/general", "", "", 200},
		{"GET", "/c/general?before=junk", "", "", 200},
		{"GET", "/nowhere", "", "", 404},
		{"GET", "/room/page.html", "", "", 404},
		{"GET", "/api/command", "", "", 405},
		{"GET", "/api/messages?channel=general", "", "http://evil.example", 403},
		{"GET", "/events?channel=general", "", "http://evil.example", 403},
		{"POST", "/api/command", "", "", 200},
		{"POST", "/api/command", "", "http://127.0.0.1:" + port, 200},
		{"POST", "/api/command", "", "http://localhost:" + port, 200},
		{"POST", "/api/command", "", "https://digest.example.org", 200},
		{"POST", "/api/command", "", "https://localhost:" + port, 403},
		{"POST", "/api/command", "", "http://127.0.0.1:1", 403},
		{"POST", "/api/command", "", "null", 403},
		{"POST", "/api/command", "", "http://evil.example", 403},
		{"POST", "/api/command", "evil.example", "http://evil.example", 421},
	} {
		req := request(t, c.method, "http://"+home+c.path, "")
		if c.method == "POST" {
			req = request(t, c.method, "http://"+home+c.path, command)
			req.Header.Set("Content-Type", good)
		}
		req.Host = c.host
		if c.origin != "" {
			req.Header.Set("Origin", c.origin)
		}
		req.AddCookie(session)
		res, body := get(t, req)
		if res.StatusCode != c.want || (c.want == 421 || c.want == 403) && !strings.Contains(body, "set url in the table [http] of config.toml") {
			t.Errorf("%s %s, Host %q, Origin %q: %s %s, want %d", c.method, c.path, c.host, c.origin, res.Status, body, c.want)
		}
		csp := res.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'none'; script-src 'self';") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") ||
			res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Referrer-Policy") != "same-origin" {
			t.Errorf("%s %s: headers %v", c.method, c.path, res.Header)
		}
	}
}

func TestBadCommands(t *testing.T) {
	base := listen(t, open(t), tree, &echo{})
	for name, c := range map[string]struct{ kind, body string }{
		"no JSON":        {"application/json", "line=x"},
		"a form":         {"application/x-www-form-urlencoded", `{"channel":"general","line":"/digest tags"}`},
		"text":           {"text/plain", `{"channel":"general","line":"/digest tags"}`},
		"no line":        {"application/json", `{"channel":"general","line":" "}`},
		"no channel":     {"application/json", `{"line":"/digest tags"}`},
		"bad channel":    {"application/json", `{"channel":"../x","line":"/digest tags"}`},
		"a long line":    {"application/json", `{"channel":"general","line":"` + strings.Repeat("字", lineLimit+1) + `"}`},
		"a long request": {"application/json", `{"id":"` + strings.Repeat("x", 65) + `","channel":"general","line":"x"}`},
		"a flood":        {"application/json", `{"channel":"general","line":"/digest tags","x":"` + strings.Repeat("x", 1<<20) + `"}`},
	} {
		req := request(t, "POST", base+"/api/command", c.body)
		req.Header.Set("Content-Type", c.kind)
		if res, body := get(t, req); res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s %s, want 400", name, res.Status, body)
		}
	}
}

func TestClosedRoom(t *testing.T) {
	a := open(t)
	serve(t.Context(), t, a)
	if res, body := get(t, request(t, "GET", a.home.String()+"/", "")); res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "not open") {
		t.Errorf("before Listen: %s %s, want 503", res.Status, body)
	}
}

// stream opens the events of a channel and returns them one by one.
func stream(t *testing.T, address, lastID string) (next func() (id, event, data string)) {
	t.Helper()
	req := request(t, "GET", address, "")
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	return streamOf(t, req)
}

// streamOf opens the event stream for a request.
func streamOf(t *testing.T, req *http.Request) (next func() (id, event, data string)) {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("stream: %s %v", res.Status, res.Header)
	}
	lines := bufio.NewScanner(res.Body)
	return func() (id, event, data string) {
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "id":
				id = value
			case "event":
				event = value
			case "data":
				return id, event, value
			}
		}
		return "", "end", ""
	}
}

func TestEventsResume(t *testing.T) { inEach(t, checkEventsResume) }

func checkEventsResume(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	dir := t.TempDir()
	a := openIn(t, dir)
	other := openIn(t, dir) // as digestbot send does while serve runs
	base := listen(t, a, tree, &echo{})
	m := specimen(t, "compact")
	for i := range 3 {
		post(t, other, "general", m, fmt.Sprint("k", i))
	}
	next := stream(t, base+"/events?channel=general&after=1", "")
	for _, want := range []string{"2", "3"} {
		if id, event, data := next(); id != want || event != "message" || !strings.Contains(data, `id=\"m`+want) {
			t.Errorf("event %s %s %.80s, want message %s", id, event, data, want)
		}
	}
	post(t, other, "早报", m, "k")
	if id, event, data := next(); id != "4" || event != "elsewhere" || data != `{"channel":"早报","id":4,"path":"/c/%E6%97%A9%E6%8A%A5"}` {
		t.Errorf("event %s %s %s, want 4 elsewhere", id, event, data)
	}
	post(t, other, "general", m, "k4")
	if id, event, _ := next(); id != "5" || event != "message" {
		t.Errorf("event %s %s, want message 5", id, event)
	}
	// The browser says where it stopped; the parameter in the address no longer counts.
	again := stream(t, base+"/events?channel=general&after=1", "4")
	if id, _, _ := again(); id != "5" {
		t.Errorf("resumed at %s, want 5", id)
	}
	// Messages that were changed or removed while nobody was looking.
	edit(t, other, chat.Receipt{Channel: chat.Channel{Adapter: "web", ID: "general"}, ID: "1"}, chat.Message{Title: "Corrected"}, "k0")
	if err := other.Remove(t.Context(), chat.Receipt{Channel: chat.Channel{Adapter: "web", ID: "general"}, ID: "2"}); err != nil {
		t.Fatal(err)
	}
	for _, next := range []func() (string, string, string){next, again} {
		if id, event, data := next(); id != "6" || event != "message" || !strings.Contains(data, "Corrected") {
			t.Errorf("event %s %s %.80s, want 6 with the correction", id, event, data)
		}
		if id, event, data := next(); id != "7" || event != "removed" || data != `{"id":2}` {
			t.Errorf("event %s %s %s, want 7 without message 2", id, event, data)
		}
	}
	// More than fits in one look.
	for i := range 3 * pageSize {
		post(t, other, "general", m, fmt.Sprint("many", i))
	}
	for i := range 3 * pageSize {
		if id, _, _ := next(); id != fmt.Sprint(8+i) {
			t.Fatalf("event %s, want %d", id, 8+i)
		}
	}
}

func TestListenEndsOpenStreamsAtOnce(t *testing.T) { inEach(t, checkListenEndsOpenStreamsAtOnce) }

func checkListenEndsOpenStreamsAtOnce(t *testing.T) {
	a := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	serve(ctx, t, a)
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- a.Listen(ctx, tree, &echo{}, func(where string) { ready <- where }) }()
	next := stream(t, <-ready+"/events?channel=general", "")
	post(t, a, "general", specimen(t, "compact"), "k")
	if _, event, _ := next(); event != "message" {
		t.Fatalf("event %s", event)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Listen: %v", err)
	}
	if _, event, _ := next(); event != "end" {
		t.Errorf("event %s after the end", event)
	}
}

func TestPagesOfMessages(t *testing.T) { inEach(t, checkPagesOfMessages) }

func checkPagesOfMessages(t *testing.T) {
	a := open(t, "general")
	base := listen(t, a, tree, &echo{})
	for i := range 2*pageSize + 5 {
		post(t, a, "general", specimen(t, "compact"), fmt.Sprint("k", i))
	}
	_, body := get(t, request(t, "GET", base+"/", ""))
	ids := func(html string) []string {
		elements, err := read(html)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, e := range elements {
			if e.name == "article" && e.attrs["class"] == "message" {
				all = append(all, e.attrs["id"])
			}
		}
		return all
	}
	got := ids(body)
	if len(got) != pageSize || got[0] != "m45" || got[pageSize-1] != "m26" || !strings.Contains(body, `href="/c/general?before=26"`) {
		t.Errorf("the page has %v", got)
	}
	_, body = get(t, request(t, "GET", base+"/c/general?before=26", ""))
	if got := ids(body); len(got) != pageSize || got[0] != "m25" {
		t.Errorf("the next page has %v", got)
	}
	_, body = get(t, request(t, "GET", base+"/api/messages?channel=general&before=6", ""))
	var page struct {
		Messages []drawn
		Before   *int64
	}
	if err := json.Unmarshal([]byte(body), &page); err != nil || len(page.Messages) != 5 || page.Messages[4].ID != 1 || page.Before != nil {
		t.Errorf("the last messages: %v, %v", page, err)
	}
	if got := ids(page.Messages[0].HTML); !slices.Equal(got, []string{"m5"}) {
		t.Errorf("a message is drawn as %v", got)
	}
}

func TestChannels(t *testing.T) { inEach(t, checkChannels) }

func checkChannels(t *testing.T) {
	a := open(t, "general", "早报")
	base := listen(t, a, tree, &echo{})
	post(t, a, "archive", specimen(t, "compact"), "k")
	for path, want := range map[string][]string{
		"/":          {"general", "早报", "archive"},
		"/c/archive": {"general", "早报", "archive"},
		"/c/other":   {"general", "早报", "archive", "other"},
	} {
		_, body := get(t, request(t, "GET", base+path, ""))
		elements, err := read(body)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range elements {
			if e.name == "a" && e.attrs["data-channel"] != "" {
				got = append(got, e.attrs["data-channel"])
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s has the channels %v, want %v", path, got, want)
		}
	}
}

func TestSuggest(t *testing.T) {
	base := listen(t, open(t), tree, &echo{})
	verbs := []string{"/digest latest", "/digest tag ", "/digest tags", "/digest shout"}
	for line, want := range map[string][]string{
		"":                            verbs,
		"/":                           verbs,
		"/dig":                        verbs,
		"DIGEST":                      verbs,
		"/digest":                     verbs,
		"/digest　":                    verbs,
		"/digest ta":                  {"/digest tag ", "/digest tags"},
		"T":                           {"/digest tag ", "/digest tags"},
		"/digest TAG":                 {"/digest tag ", "/digest tags"},
		"/digest tag ":                {"/digest tag AI", "/digest tag Azure", "/digest tag 数据库", `/digest tag "machine learning"`},
		"tag a":                       {"/digest tag AI", "/digest tag Azure"},
		"/digest tag 数":               {"/digest tag 数据库"},
		"/digest x":                   {},
		"/digest x y":                 {},
		"/digest tags ":               {},
		"<!channel> @everyone \u202e": {},
	} {
		_, body := get(t, request(t, "GET", base+"/api/suggest?"+url.Values{"channel": {"general"}, "line": {line}}.Encode(), ""))
		var got struct{ Choices []choice }
		if err := json.Unmarshal([]byte(body), &got); err != nil || got.Choices == nil {
			t.Fatalf("%q: %s, %v", line, body, err)
		}
		lines := []string{}
		for _, c := range got.Choices {
			lines = append(lines, c.Line)
			if wantOpen := strings.HasSuffix(c.Line, " "); c.Open != wantOpen || c.Label == "" {
				t.Errorf("%q: choice %+v, want open %v", line, c, wantOpen)
			}
		}
		if !slices.Equal(lines, want) {
			t.Errorf("%q: %q, want %q", line, lines, want)
		}
	}
	long := url.Values{"channel": {"general"}, "line": {strings.Repeat("x", lineLimit+1)}}
	if res, _ := get(t, request(t, "GET", base+"/api/suggest?"+long.Encode(), "")); res.StatusCode != http.StatusBadRequest {
		t.Errorf("a long line: %s, want 400", res.Status)
	}
}

func TestCommand(t *testing.T) { inEach(t, checkCommand) }

func checkCommand(t *testing.T) {
	a, h := open(t), &echo{}
	base := listen(t, a, tree, h)
	req := request(t, "POST", base+"/api/command", `{"id":"one","channel":"general","line":"/digest tag <!channel>"}`)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept-Language", "eo,zh;q=0.9,en;q=0.5")
	_, body := get(t, req)
	var reply struct{ HTML string }
	if err := json.Unmarshal([]byte(body), &reply); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<code>/digest tag &lt;!channel&gt;</code>", "You said /digest tag &lt;!channel&gt;", inEsperanto("Only you see this reply."), `data-line="/digest tag AI"`, "&lt;script&gt;"} {
		if !strings.Contains(reply.HTML, want) {
			t.Errorf("the reply lacks %s: %s", want, reply.HTML)
		}
	}
	got := h.requests[0]
	want := chat.Request{ID: "one", Channel: chat.Channel{Adapter: "web", ID: "general"}, User: chat.User{ID: "reader", Name: "reader", Admin: true}, Line: "/digest tag <!channel>", Locale: "eo"}
	if got != want {
		t.Errorf("request %+v, want %+v", got, want)
	}
	if n, _, err := a.store.newest(t.Context()); n != 0 || err != nil {
		t.Errorf("a private reply was kept as message %d, %v", n, err)
	}
	// A reply that is not private is posted in the channel, once per request.
	for range 2 {
		if html := command(t, base, []byte(`{"id":"two","channel":"general","line":"/digest shout"}`)); html != "" {
			t.Errorf("the page got %s", html)
		}
	}
	messages, err := a.before(t.Context(), "general", 100, 10)
	if err != nil || len(messages) != 1 || messages[0].Title.Label != "You said /digest shout" {
		t.Errorf("the channel has %+v, %v", messages, err)
	}
	// A request without an id is given one.
	command(t, base, []byte(`{"channel":"general","line":"nonsense"}`))
	if last := h.requests[len(h.requests)-1]; last.ID == "" || len(h.requests) != 4 {
		t.Errorf("%d requests, the last %+v", len(h.requests), last)
	}
}

func TestWordsFollowTheReader(t *testing.T) {
	shut := open(t)
	shut.token = chat.NewSecret("sesame")
	locked := listen(t, shut, tree, &echo{})
	base := listen(t, open(t), tree, &echo{})
	for header, want := range map[string]string{"eo,en;q=0.9": "eo", "fr,eo;q=0.3": "eo", "en-GB": "en", "": "en", "fr, de": "en", "nonsense;;": "en"} {
		for address, page := range map[string]struct{ words, kept string }{
			base + "/":                            {"Skip to the messages", "<html lang="},
			base + "/api/suggest?line=/digest+ta": {"This is not a command.", ""}, // not a channel
			base + "/api/suggest?channel=a&line=": {tree.Subs[0].Summary, ""},
			locked + "/login":                     {"Enter", "<html lang="},
			locked + "/events":                    {"Log in first.", ""},
		} {
			req := request(t, "GET", address, "")
			req.Header.Set("Accept-Language", header)
			_, body := get(t, req)
			if page.kept != "" {
				page.kept += `"` + want + `"`
			}
			if said := inEsperanto(page.words); strings.Contains(body, said) != (want == "eo") || !strings.Contains(body, page.words) || !strings.Contains(body, page.kept) {
				t.Errorf("%s: Accept-Language %q does not give %q in %s: %s", address, header, page.words, want, body)
			}
		}
	}
}
