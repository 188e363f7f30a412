package web

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/adaptertest/specimens"
	"github.com/digestbot/digestbot/adapters/httpauth"
	"github.com/digestbot/digestbot/bot/chat"
)

// words speaks English, and one language that is easy to recognise.
func words(languages ...string) chat.Wording {
	if slices.Contains(languages, "eo") {
		return chat.Wording{Language: "eo", Translate: func(english string, args ...any) string { return inEsperanto(fmt.Sprintf(english, args...)) }}
	}
	return chat.Wording{Language: "en"}
}

func inEsperanto(said string) string { return "“" + said + "”" }

// open opens a room in its own folder, with the given channels.
func open(t *testing.T, channels ...string) *Adapter {
	t.Helper()
	return openIn(t, t.TempDir(), channels...)
}

// rooms maps folders to the addresses of their rooms.
var rooms sync.Map

func openIn(t *testing.T, state string, channels ...string) *Adapter {
	t.Helper()
	address, _ := rooms.LoadOrStore(state, freeAddress(t))
	listen := address.(string)
	return openAt(t, state, listen, &url.URL{Scheme: "http", Host: listen}, channels...)
}

// roomToken must not appear in any page, log or file.
const roomToken = "planted-room-token"

// openAt opens a room with a public URL. A room that others can reach requires
// roomToken.
func openAt(t *testing.T, state, listen string, home *url.URL, channels ...string) *Adapter {
	t.Helper()
	token := ""
	if home != nil && !httpauth.Loopback(home.Hostname()) {
		token = roomToken
	}
	env := chat.Env{Name: "web", Log: slog.New(slog.DiscardHandler), Getenv: func(string) string { return token }, State: state, Channels: channels,
		Listen: listen, URL: home, Words: words, Database: databaseOf(t, state)}
	a, err := Open(env, Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// serve serves a room at its address while the test runs.
func serve(ctx context.Context, t *testing.T, a *Adapter) {
	t.Helper()
	ln, err := net.Listen("tcp", a.listen)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: a, BaseContext: func(net.Listener) context.Context { return ctx }}
	served := make(chan struct{})
	go func() { _ = srv.Serve(ln); close(served) }()
	t.Cleanup(func() { _ = srv.Close(); <-served })
}

// listen opens a room while the test runs and returns its address.
func listen(t *testing.T, a *Adapter, root chat.Command, h chat.Handler) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	serve(ctx, t, a)
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- a.Listen(ctx, root, h, func(where string) { ready <- where }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Listen: %v", err)
		}
	})
	select {
	case where := <-ready:
		return where
	case err := <-ended:
		ended <- nil
		t.Fatalf("Listen: %v", err)
		return ""
	}
}

// post sends a message and returns its receipt.
func post(t *testing.T, a *Adapter, channel string, m chat.Message, key string) chat.Receipt {
	t.Helper()
	payloads, err := a.Render(m)
	if err != nil || len(payloads) != 1 {
		t.Fatalf("Render: %d payloads, %v", len(payloads), err)
	}
	r, err := a.Send(t.Context(), chat.Channel{Adapter: "web", ID: channel}, payloads[0], chat.Key(key))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// edit replaces a message.
func edit(t *testing.T, a *Adapter, r chat.Receipt, m chat.Message, key string) {
	t.Helper()
	payloads, err := a.Render(m)
	if err != nil || len(payloads) != 1 {
		t.Fatalf("Render: %d payloads, %v", len(payloads), err)
	}
	if err := a.Edit(t.Context(), r, payloads[0], chat.Key(key)); err != nil {
		t.Fatal(err)
	}
}

func specimen(t *testing.T, name string) chat.Message {
	t.Helper()
	for _, s := range specimens.All() {
		if s.Name == name {
			return s.Message
		}
	}
	t.Fatalf("no specimen %s", name)
	return chat.Message{}
}

// element is an HTML start tag, or text.
type element struct {
	name  string
	attrs map[string]string
	text  string
}

// read parses HTML. The room's HTML is nearly XML, too.
func read(html string) ([]element, error) {
	d := xml.NewDecoder(strings.NewReader(html))
	d.Strict, d.AutoClose, d.Entity = false, slices.Concat(xml.HTMLAutoClose, []string{"meta", "link"}), xml.HTMLEntity
	var all []element
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := element{name: token.Name.Local, attrs: map[string]string{}}
			for _, a := range token.Attr {
				e.attrs[a.Name.Local] = a.Value
			}
			all = append(all, e)
		case xml.CharData:
			if s := string(token); strings.TrimSpace(s) != "" {
				all = append(all, element{text: s})
			}
		}
	}
}

// payloadTexts returns what a reader sees of a payload.
func payloadTexts(p chat.Payload) []string {
	m, err := parse(p)
	if err != nil {
		return []string{err.Error()}
	}
	var all []string
	add := func(texts ...string) {
		for _, s := range texts {
			if s != "" {
				all = append(all, s)
			}
		}
	}
	addLink := func(l *link) {
		if l != nil {
			add(l.Name(), l.URL)
		}
	}
	addText := func(t text) {
		var words strings.Builder
		for _, s := range t {
			words.WriteString(s.Words())
		}
		add(words.String())
		for _, s := range t {
			add(s.URL)
		}
	}
	for _, id := range m.Mention {
		add("@" + id)
	}
	addLink(m.Title)
	addText(m.Note)
	addLink(m.Picture)
	for _, b := range m.Blocks {
		addLink(b.Title)
		addText(b.Note)
		addText(b.Text)
		for _, item := range b.Items {
			addText(item)
		}
		for _, s := range b.Sources {
			addLink(&s)
		}
		for _, x := range b.Buttons {
			add(x.Name(), x.URL)
		}
	}
	add(m.Footer)
	return all
}

// htmlTexts returns what a reader sees of a part of the page.
func htmlTexts(t *testing.T, html string) []string {
	t.Helper()
	elements, err := read(html)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range elements {
		if e.text != "" {
			all = append(all, e.text)
		} else if e.attrs["href"] != "" {
			all = append(all, e.attrs["href"])
		}
	}
	return all
}

// checkPayload checks that a drawn payload has only the few tags and
// attributes that the room writes, and only http and https links.
func checkPayload(p chat.Payload) error {
	m, err := parse(p)
	if err != nil {
		return err
	}
	html, err := draw("body", m)
	if err != nil {
		return err
	}
	elements, err := read(string(html))
	if err != nil {
		return err
	}
	allowed := map[string][]string{
		"select": {"aria-label"}, "option": {"value", "data-begin"},
		"h2": {"dir"}, "h3": {"dir"}, "p": {"dir", "class"}, "footer": {"dir"}, "li": {"dir"}, "section": {"class"}, "div": {"class", "role"},
		"ul": {"class"}, "span": {"class", "dir"}, "a": {"href", "rel", "target", "dir", "class"}, "button": {"type", "data-line", "title", "dir"},
		"strong": nil, "em": nil, "s": nil, "code": nil, "bdi": nil, "time": {"datetime"},
		"img": {"class", "src", "alt", "loading", "decoding", "referrerpolicy"},
	}
	for _, e := range elements {
		if e.name == "" {
			continue
		}
		attrs, ok := allowed[e.name]
		if !ok {
			return fmt.Errorf("there is a <%s>", e.name)
		}
		for name, value := range e.attrs {
			if !slices.Contains(attrs, name) {
				return fmt.Errorf("<%s> has %s=%q", e.name, name, value)
			}
		}
		if e.name == "img" && (!strings.HasPrefix(e.attrs["src"], "https://") || e.attrs["loading"] != "lazy" || e.attrs["referrerpolicy"] != "no-referrer") {
			return fmt.Errorf("there is the picture %v", e.attrs)
		}
		if e.name == "a" {
			u, err := url.Parse(e.attrs["href"])
			if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || e.attrs["rel"] != "noopener noreferrer" {
				return fmt.Errorf("there is the link %v", e.attrs)
			}
		}
	}
	return nil
}

// TestDrawnMessageLosesNothing compares the page with the payload.
func TestDrawnMessageLosesNothing(t *testing.T) {
	a := open(t)
	for _, s := range specimens.All() {
		payloads, err := a.Render(s.Message)
		if err != nil {
			t.Fatal(err)
		}
		elements, err := read(string(Sheet(chat.Env{}.In, []chat.Message{s.Message})))
		if err != nil {
			t.Fatal(err)
		}
		var words strings.Builder
		var links []string
		for _, e := range elements {
			words.WriteString(squeeze(e.text + e.attrs["alt"]))
			links = append(links, e.attrs["href"], e.attrs["src"])
		}
		for _, want := range payloadTexts(payloads[0]) {
			shown := slices.ContainsFunc(links, func(s string) bool { return strings.TrimSuffix(strings.TrimPrefix(s, "https://"), "/") == want })
			if !shown && !strings.Contains(words.String(), squeeze(want)) && !slices.ContainsFunc(links, func(s string) bool { return sameURL(s, want) }) {
				t.Errorf("%s: the page lacks %q", s.Name, want)
			}
		}
	}
}

// squeeze removes white space, which may differ in a page.
func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

func sameURL(a, b string) bool {
	a, errA := url.PathUnescape(a)
	b, errB := url.PathUnescape(b)
	return errA == nil && errB == nil && a == b
}

func TestSheetStandsOnItsOwn(t *testing.T) {
	elements, err := read(string(Sheet(chat.Env{}.In, []chat.Message{specimen(t, "hostile")})))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range elements {
		if slices.Contains([]string{"script", "img", "link", "iframe", "base"}, e.name) || e.attrs["src"] != "" || e.attrs["style"] != "" {
			t.Errorf("the page has <%s %v>", e.name, e.attrs)
		}
	}
}

func TestLanguage(t *testing.T) {
	a := open(t)
	for words, want := range map[string]string{
		"科技行业动态：GPT-5.2入驻美国政府云，AI框架安全引关注": "zh",
		"Go 1.26 is released": "en",
		"A short note on 春节":  "en",
		"新しいバージョンがリリースされました":  "ja",
		"새로운 버전이 출시되었습니다":     "ko",
		"صدر الإصدار الجديد":  "",
		"2026":                "",
	} {
		payloads, err := a.Render(chat.Message{Blocks: []chat.Block{chat.Paragraph{Text: chat.Plain(words)}}})
		if err != nil {
			t.Fatal(err)
		}
		if m, err := parse(payloads[0]); err != nil || m.Language() != want {
			t.Errorf("%q is %q (%v), want %q", words, m.Language(), err, want)
		}
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	token, short := filepath.Join(dir, "token"), filepath.Join(dir, "short")
	if err := errors.Join(os.WriteFile(token, []byte(roomToken+"\n"), 0o600), os.WriteFile(short, []byte("planted-short\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	const here = "127.0.0.1:8080"
	for _, c := range []struct {
		listen, url string
		config      Config
		name        string
		env         string
		want        string // in the error; empty if there is none
	}{
		{here, "", Defaults(), "web", "", ""},
		{"localhost:80", "", Config{}, "web", "", ""},
		{"[::1]:8080", "", Config{}, "web", "", ""},
		{"8080", "", Config{}, "web", "", "http.listen: "},
		{"0.0.0.0:8080", "", Config{}, "web", "", "http.listen: "},
		{":8080", "", Config{}, "web", "", "DIGESTBOT_WEB_TOKEN"},
		{"192.0.2.1:8080", "", Config{}, "team", roomToken, "[adapters.team]"},
		{"localhost.example:8080", "", Config{}, "web", "", "http.listen: "},
		{"0.0.0.0:8080", "", Config{}, "web", roomToken, ""},
		{"0.0.0.0:8080", "", Config{TokenFile: token}, "team", "", ""},
		{here, "", Config{TokenFile: filepath.Join(dir, "absent")}, "web", "", "adapters.web.token_file: " + filepath.Join(dir, "absent") + " cannot be read"},

		{here, "https://digest.example.org", Config{}, "web", "", "http.url: people on other machines can use https://digest.example.org and the web room has no token: set DIGESTBOT_WEB_TOKEN or token_file in [adapters.web], or leave url out"},
		{here, "https://digest.example.org", Config{}, "team", roomToken, "http.url: people on other machines can use https://digest.example.org and the web room has no token: set token_file in [adapters.team]"},
		{"localhost:8080", "http://192.168.1.5", Config{}, "web", "", "http.url: "},
		{"[::1]:8080", "http://[2001:db8::1]:8080", Config{}, "web", "", "http.url: "},
		{here, "http://0.0.0.0:8080", Config{}, "web", "", "http.url: "},
		{here, "http://127.0.0.1.example.org", Config{}, "web", "", "http.url: "},
		{here, "https://digest.example.org", Config{}, "web", roomToken, ""},
		{here, "https://digest.example.org", Config{TokenFile: token}, "team", "", ""},
		{here, "http://localhost:9000", Config{}, "web", "", ""},
		{here, "https://127.0.0.2", Config{}, "web", "", ""},
		{here, "http://[::1]:9000", Config{}, "web", "", ""},

		{here, "", Config{}, "web", "planted-short", "DIGESTBOT_WEB_TOKEN: the token has less than 16 characters"},
		{here, "", Config{TokenFile: short}, "web", "", "adapters.web.token_file: the token has less than 16 characters"},
		{here, "https://digest.example.org", Config{TokenFile: short}, "team", "", "adapters.team.token_file: the token has less than 16 characters"},
	} {
		home := &url.URL{Scheme: "http", Host: c.listen}
		if c.url != "" {
			var err error
			if home, err = url.Parse(c.url); err != nil {
				t.Fatal(err)
			}
		}
		env := chat.Env{Name: c.name, Log: slog.New(slog.DiscardHandler), Listen: c.listen, URL: home, State: filepath.Join(t.TempDir(), "not there yet?#%"), Getenv: func(name string) string {
			return map[string]string{"DIGESTBOT_WEB_TOKEN": c.env}[name]
		}}
		a, err := Open(env, c.config)
		switch {
		case err == nil:
			if _, err := os.Stat(filepath.Join(env.State, c.name+".db")); err != nil {
				t.Errorf("%+v: %v", c, err)
			}
			if err := a.Close(); err != nil {
				t.Error(err)
			}
			if c.want != "" {
				t.Errorf("%+v: no error, want one with %q", c, c.want)
			}
		case c.want == "" || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "planted"):
			t.Errorf("%+v: error %v, want %q", c, err, c.want)
		}
	}
}

func TestCheckChannel(t *testing.T) {
	for _, id := range []string{"general", "早报", "tech_news-2", "ज़रूरी", strings.Repeat("字", 64)} {
		if err := CheckChannel(id); err != nil {
			t.Error(err)
		}
	}
	for _, id := range []string{"", "a b", "a/b", "..", "a#b", "<script>", "\xff", "\u202e", strings.Repeat("a", 65)} {
		if err := CheckChannel(id); err == nil || !strings.Contains(err.Error(), "general") {
			t.Errorf("CheckChannel(%q): %v, want words with an example", id, err)
		}
	}
}

func TestReceiptLeadsToTheMessage(t *testing.T) {
	for home, want := range map[string]string{
		"http://127.0.0.1:8080":      "http://127.0.0.1:8080/c/%E6%97%A9%E6%8A%A5#m1",
		"https://digest.example.org": "https://digest.example.org/c/%E6%97%A9%E6%8A%A5#m1",
		"":                           "",
	} {
		var u *url.URL
		if home != "" {
			var err error
			if u, err = url.Parse(home); err != nil {
				t.Fatal(err)
			}
		}
		if r := post(t, openAt(t, t.TempDir(), "127.0.0.1:8080", u), "早报", specimen(t, "morning"), "k"); r.URL != want {
			t.Errorf("receipt of %s: %s, want %s", home, r.URL, want)
		}
	}
}

func TestMessagesSurviveARestartAndTwoProcesses(t *testing.T) {
	inEach(t, checkMessagesSurviveARestartAndTwoProcesses)
}

func checkMessagesSurviveARestartAndTwoProcesses(t *testing.T) {
	dir := t.TempDir()
	first, second := openIn(t, dir), openIn(t, dir)
	a := post(t, first, "general", specimen(t, "morning"), "k1")
	b := post(t, second, "general", specimen(t, "english"), "k1")
	if a != b {
		t.Errorf("one key gave %v and %v", a, b)
	}
	got, err := openIn(t, dir).Find(t.Context(), a.Channel, "k1", time.Now())
	if err != nil || got != a {
		t.Errorf("Find = %v, %v, want %v", got, err, a)
	}
}

func TestEditAndRemove(t *testing.T) { inEach(t, checkEditAndRemove) }

func checkEditAndRemove(t *testing.T) {
	dir := t.TempDir()
	a, other := openIn(t, dir), openIn(t, dir)
	r := post(t, a, "general", specimen(t, "morning"), "k1")
	edit(t, other, r, specimen(t, "english"), "k2")
	if p, err := a.one(t.Context(), 1); err != nil || p.Title.Label != specimen(t, "english").Title {
		t.Errorf("the message is %v, %v", p.Title, err)
	}
	if got, err := a.Find(t.Context(), r.Channel, "k2", time.Time{}); err != nil || got != r {
		t.Errorf("Find after Edit = %v, %v, want %v", got, err, r)
	}
	revision, _, err := a.store.newest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	edit(t, other, r, specimen(t, "english"), "k2")
	if again, _, err := a.store.newest(t.Context()); err != nil || again != revision {
		t.Errorf("the same edit again is revision %d (%v), want %d: nothing changed", again, err, revision)
	}
	p := chat.Payload(`{"footer":"x"}`)
	for name, elsewhere := range map[string]chat.Receipt{
		"of another channel": {Channel: chat.Channel{Adapter: "web", ID: "other"}, ID: r.ID},
		"that never was":     {Channel: r.Channel, ID: "7"},
		"without an id":      {Channel: r.Channel},
	} {
		if err := a.Edit(t.Context(), elsewhere, p, "k3"); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("Edit of a message %s: %v, want %v", name, err, chat.ErrNotFound)
		}
		if err := a.Remove(t.Context(), elsewhere); err != nil {
			t.Errorf("Remove of a message %s: %v", name, err)
		}
	}
	if err := a.Edit(t.Context(), r, chat.Payload("{}"), "k3"); chat.OutcomeOf(err) != chat.RejectedPayload {
		t.Errorf("Edit with an empty payload: %v", err)
	}
	under, err := a.Send(t.Context(), chat.Under(r), p, "k3")
	if err != nil || under.Channel.Thread != r.ID || under.URL != r.URL {
		t.Errorf("Send into the thread = %+v, %v", under, err)
	}
	if err := other.Remove(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for _, gone := range []struct {
		in  chat.Channel
		key chat.Key
	}{{r.Channel, "k2"}, {under.Channel, "k3"}} {
		if _, err := a.Find(t.Context(), gone.in, gone.key, time.Time{}); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("Find after Remove: %v, want %v", err, chat.ErrNotFound)
		}
	}
	for _, thread := range []string{r.ID, "x"} {
		if _, err := a.Send(t.Context(), chat.Channel{Adapter: "web", ID: "general", Thread: thread}, p, "k4"); chat.OutcomeOf(err) != chat.RejectedChannel {
			t.Errorf("Send into the thread of %s, which is not there: %v, want %v", thread, err, chat.RejectedChannel)
		}
	}
}

// TestFileOfFormat2 opens a file from before sessions were stored.
func TestFileOfFormat2(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "web.db")
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	// A payload of that time: with a guessed language, and with an address in the headline.
	const payload = `{"lang":"zh","title":{"label":"标题"},"blocks":[{"kind":"story","title":{"label":"新闻","url":"https://go.dev/blog"},"sources":[{"label":"go.dev/blog","url":"https://go.dev/blog"}]},` +
		`{"kind":"buttons","buttons":[{"label":"Go","line":"/digest tag Go"}]}]}`
	format2, err := os.ReadFile(filepath.Join("testdata", "format2.sql"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(string(format2)+`; PRAGMA user_version = 2; INSERT INTO message (channel, key, posted, payload) VALUES ('gone', 'k0', 1, x''), ('general', 'k1', 1770000000000, ?); DELETE FROM message WHERE id = 1`, []byte(payload)); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // upgraded, and then up to date
		a := openIn(t, dir)
		if revision, id, err := a.store.newest(t.Context()); revision != 3 || id != 2 || err != nil {
			t.Errorf("revision %d, message %d, %v; pages that are open go on from 3", revision, id, err)
		}
		if err := a.Check(t.Context()); err != nil {
			t.Error(err)
		}
		p, err := a.one(t.Context(), 2)
		want := chat.Message{Language: "zh", Title: "标题", Blocks: []chat.Block{
			chat.Story{Headline: "新闻", Sources: []chat.Link{{Title: "go.dev/blog", URL: "https://go.dev/blog"}}},
			chat.Buttons{{Label: "Go", Line: "/digest tag Go"}},
		}}
		if err != nil || !reflect.DeepEqual(p.chat(), want) {
			t.Errorf("the message is %+v, %v, want %+v", p.chat(), err, want)
		}
		for _, name := range []string{path, path + "-wal", path + "-shm"} {
			if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v, want 0600", name, info, err)
			}
		}
	}
	a := openIn(t, dir)
	if _, err := a.store.db.Exec(`PRAGMA user_version = 99`); err != nil {
		t.Fatal(err)
	}
	env := chat.Env{Name: "web", Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), Getenv: func(string) string { return "" }, State: dir}
	if _, err := Open(env, Defaults()); err == nil || !strings.Contains(err.Error(), "newer digestbot") {
		t.Errorf("a file of a newer format: %v", err)
	}
}

func TestNewFileIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	openIn(t, dir)
	for name, want := range map[string]os.FileMode{"": 0o700, "web.db": 0o600, "web.db-wal": 0o600, "web.db-shm": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %o", name, info, err, want)
		}
	}
}

func TestDrawing(t *testing.T) {
	a := open(t)
	at := time.Date(2026, 2, 12, 17, 10, 0, 0, time.FixedZone("", 8*60*60))
	for want, m := range map[string]chat.Message{
		`<p class="mention"><bdi>@team</bdi> <bdi>@值班</bdi></p>`:                                                                                                                {Mention: []string{"team", "值班"}, Title: "x"},
		`<article class="message" lang="zh-Hant">`:                                                                                                                              {Language: "zh-Hant", Title: "English"},
		`<p class="note" dir="auto">corrected <time datetime="2026-02-12T09:10:00Z">12 Feb</time></p>`:                                                                          {Note: chat.Text{{Text: "corrected "}, {Text: "12 Feb", Time: at}}},
		`<p class="note" dir="auto">far <s>off</s></p>`:                                                                                                                         {Note: chat.Text{{Text: "far "}, {Text: "off", Style: chat.Strike, Time: time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)}}},
		`<img class="picture" src="https://a.example/p.png" alt="A &lt;cup&gt;" loading="lazy" decoding="async" referrerpolicy="no-referrer">`:                                  {Picture: chat.Picture{URL: "https://a.example/p.png", Alt: "A <cup>"}},
		`<p class="note" dir="auto"><a href="http://a.example/p.png" rel="noopener noreferrer" target="_blank" dir="auto">a cup</a></p>`:                                        {Picture: chat.Picture{URL: "http://a.example/p.png", Alt: "a cup"}},
		`<p class="note" dir="auto">a cup data:image/png,x</p>`:                                                                                                                 {Picture: chat.Picture{URL: "data:image/png,x", Alt: "a cup"}},
		`<a class="button" href="https://a.example/" rel="noopener noreferrer" target="_blank" dir="auto">a.example</a>`:                                                        {Blocks: []chat.Block{chat.Buttons{{URL: "https://a.example/"}}}},
		`<span dir="auto">go javascript:alert(1)</span>`:                                                                                                                        {Blocks: []chat.Block{chat.Buttons{{Label: "go", URL: "javascript:alert(1)"}}}},
		`<h3 dir="auto"><a href="https://a.example/" rel="noopener noreferrer" target="_blank" dir="auto">Again</a></h3>` + "\n" + `<p class="note" dir="auto">↻ since Tue</p>`: {Blocks: []chat.Block{chat.Story{Headline: "Again", Note: chat.Plain("↻ since Tue"), Sources: []chat.Link{{Title: "none"}, {URL: "https://a.example/"}}}}},
	} {
		page := strings.ReplaceAll(string(Sheet(chat.Env{}.In, []chat.Message{m})), "\n\n", "\n")
		if _, body, _ := strings.Cut(page, "<main>"); !strings.Contains(body, want) {
			t.Errorf("%s is not in %s", want, body)
		}
	}
	if payloads, err := a.Render(chat.Message{Language: "en", Mention: []string{"team"}}); len(payloads) != 0 || err != nil {
		t.Errorf("a message that says nothing calls people: %s, %v", payloads, err)
	}
}

func TestCheckMention(t *testing.T) {
	for _, id := range []string{"team", "值班", "S0123", "123456"} {
		if err := CheckMention(id); err != nil {
			t.Error(err)
		}
	}
	for _, id := range []string{"", "two words", "a\tb", "\x00", "\xff", "a\u202eb"} {
		if err := CheckMention(id); err == nil || !strings.Contains(err.Error(), "web mention") {
			t.Errorf("CheckMention(%q): %v", id, err)
		}
	}
}

func TestSendRefuses(t *testing.T) { inEach(t, checkSendRefuses) }

func checkSendRefuses(t *testing.T) {
	a := open(t)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	good := chat.Channel{Adapter: "web", ID: "general"}
	for _, c := range []struct {
		ctx     context.Context
		channel chat.Channel
		payload string
		want    chat.Outcome
	}{
		{t.Context(), chat.Channel{Adapter: "web", ID: "a b"}, `{"footer":"x"}`, chat.RejectedChannel},
		{t.Context(), good, `{`, chat.RejectedPayload},
		{t.Context(), good, `{}`, chat.RejectedPayload},
		{cancelled, good, `{"footer":"x"}`, chat.Retryable},
	} {
		_, err := a.Send(c.ctx, c.channel, chat.Payload(c.payload), "k")
		if got := chat.OutcomeOf(err); err == nil || got != c.want {
			t.Errorf("Send(%v, %s): %v, want %v", c.channel, c.payload, err, c.want)
		}
	}
	if _, err := a.Find(t.Context(), good, "k", time.Time{}); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("Find: %v, want %v", err, chat.ErrNotFound)
	}
}

// command gives a command as the page does, and returns the HTML of the reply.
func command(t *testing.T, base string, body []byte) string {
	t.Helper()
	status, reply := answered(t, base, body)
	if status != http.StatusOK {
		t.Fatalf("command: %d %s", status, reply)
	}
	return reply
}

// answered posts a command and returns the status and the HTML of the answer, or
// the text of a refusal.
func answered(t *testing.T, base string, body []byte) (status int, reply string) {
	t.Helper()
	res, err := http.Post(base+"/api/command", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var in struct{ HTML string }
	if res.StatusCode != http.StatusOK {
		return res.StatusCode, string(data)
	}
	if err := json.Unmarshal(data, &in); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, in.HTML
}

// BenchmarkRender renders digests of a short and a long day. For comparison, it
// also marshals the same payload, which is the minimum for any JSON.
func BenchmarkRender(b *testing.B) {
	a := &Adapter{}
	for _, stories := range []int{30, 295} {
		m := chat.Message{Title: "科技行业动态：基础软件迎来密集更新", Language: "zh", Footer: "科技观察 · 2026年2月12日"}
		for i := range stories {
			m.Blocks = append(m.Blocks, chat.Story{
				Headline: fmt.Sprintf("第%d条：Rust 1.%d.0 发布", i+1, i),
				Summary: chat.Text{
					{Text: "编译器、标准库与Cargo都有更新，升级只需要一条命令："}, {Text: "rustup update stable", Style: chat.Code},
					{Text: "。Sequential scans, bitmap heap scans and vacuum read ahead, "}, {Text: "性能收益越来越多地来自运行时本身", Style: chat.Bold}, {Text: "，运维侧的关注点也随之转移。"},
				},
				Sources: []chat.Link{{Title: "Announcing Rust", URL: fmt.Sprintf("https://blog.rust-lang.org/2026/01/22/Rust-1.%d.0/", i)}},
			})
		}
		b.Run(fmt.Sprintf("stories=%d", stories), func(b *testing.B) {
			for b.Loop() {
				if _, err := a.Render(m); err != nil {
					b.Fatal(err)
				}
			}
		})
		payload := newMessage(m)
		b.Run(fmt.Sprintf("floor/stories=%d", stories), func(b *testing.B) {
			for b.Loop() {
				if _, err := json.Marshal(payload); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
