package web

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/adaptertest"
	"github.com/digestbot/digestbot/bot/chat"
)

// open opens a room in a folder of its own, with names of channels.
func open(t *testing.T, c Config, channels ...string) *Adapter {
	t.Helper()
	return openIn(t, t.TempDir(), c, channels...)
}

func openIn(t *testing.T, state string, c Config, channels ...string) *Adapter {
	t.Helper()
	env := chat.Env{Name: "web", Log: slog.New(slog.DiscardHandler), Getenv: func(string) string { return "" }, State: state, Channels: channels}
	a, err := Open(env, c)
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

// anyPort listens wherever there is room.
var anyPort = Config{Listen: "127.0.0.1:0"}

// listen serves a room while the test runs and gives its address.
func listen(t *testing.T, a *Adapter, root chat.Command, h chat.Handler) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
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

// post sends a message and gives its receipt.
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

func specimen(t *testing.T, name string) chat.Message {
	t.Helper()
	for _, s := range adaptertest.Specimens() {
		if s.Name == name {
			return s.Message
		}
	}
	t.Fatalf("no specimen %s", name)
	return chat.Message{}
}

// element is a start tag of HTML, or text.
type element struct {
	name  string
	attrs map[string]string
	text  string
}

// read takes HTML apart. The room writes HTML that is also nearly XML.
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

// payloadTexts is what a reader gets of a payload.
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

// htmlTexts is what a reader gets of a piece of the page.
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

// checkPayload holds a drawn payload to the few tags and attributes that the
// room writes, and its links to http and https.
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

// TestDrawnMessageLosesNothing holds the page to what the payload says.
func TestDrawnMessageLosesNothing(t *testing.T) {
	a := open(t, Defaults())
	for _, s := range adaptertest.Specimens() {
		payloads, err := a.Render(s.Message)
		if err != nil {
			t.Fatal(err)
		}
		elements, err := read(string(Page(payloads)))
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
			if !strings.Contains(words.String(), squeeze(want)) && !slices.ContainsFunc(links, func(s string) bool { return sameURL(s, want) }) {
				t.Errorf("%s: the page lacks %q", s.Name, want)
			}
		}
	}
}

// squeeze drops white space, which a page may lay out as it likes.
func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

func sameURL(a, b string) bool {
	a, errA := url.PathUnescape(a)
	b, errB := url.PathUnescape(b)
	return errA == nil && errB == nil && a == b
}

func TestPageStandsOnItsOwn(t *testing.T) {
	a := open(t, Defaults())
	payloads, err := a.Render(specimen(t, "hostile"))
	if err != nil {
		t.Fatal(err)
	}
	elements, err := read(string(Page(append(payloads, chat.Payload("<script>no payload</script>")))))
	if err != nil {
		t.Fatal(err)
	}
	var notice bool
	for _, e := range elements {
		if slices.Contains([]string{"script", "img", "link", "iframe", "base"}, e.name) || e.attrs["src"] != "" || e.attrs["style"] != "" {
			t.Errorf("the page has <%s %v>", e.name, e.attrs)
		}
		notice = notice || strings.Contains(e.text, "<script>no payload</script>")
	}
	if !notice {
		t.Error("what is no payload is not shown")
	}
}

func TestLanguage(t *testing.T) {
	a := open(t, Defaults())
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
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte("planted-token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		config Config
		name   string
		env    string
		want   string // in the error; empty when there is none
	}{
		{Defaults(), "web", "", ""},
		{Config{Listen: "localhost:80"}, "web", "", ""},
		{Config{Listen: "[::1]:8080"}, "web", "", ""},
		{Config{Listen: "8080"}, "web", "", "adapters.web.listen"},
		{Config{Listen: "0.0.0.0:8080"}, "web", "", "adapters.web.listen"},
		{Config{Listen: ":8080"}, "web", "", "DIGESTBOT_WEB_TOKEN"},
		{Config{Listen: "192.0.2.1:8080"}, "team", "planted-token", "adapters.team.listen"},
		{Config{Listen: "localhost.example:8080"}, "web", "", "adapters.web.listen"},
		{Config{Listen: "0.0.0.0:8080"}, "web", "planted-token", ""},
		{Config{Listen: "0.0.0.0:8080", TokenFile: token}, "team", "", ""},
		{Config{Listen: "127.0.0.1:8080", TokenFile: filepath.Join(dir, "absent")}, "web", "", "token file"},
		{Config{Listen: "127.0.0.1:8080", URL: "https://digest.example.org/"}, "web", "", ""},
		{Config{Listen: "127.0.0.1:8080", URL: "digest.example.org"}, "web", "", "adapters.web.url"},
		{Config{Listen: "127.0.0.1:8080", URL: "https://digest.example.org/room?x"}, "web", "", "adapters.web.url"},
	} {
		env := chat.Env{Name: c.name, Log: slog.New(slog.DiscardHandler), State: filepath.Join(t.TempDir(), "not there yet?#%"), Getenv: func(name string) string {
			return map[string]string{"DIGESTBOT_WEB_TOKEN": c.env}[name]
		}}
		a, err := Open(env, c.config)
		switch {
		case err == nil:
			if _, err := os.Stat(filepath.Join(env.State, c.name+".db")); err != nil {
				t.Errorf("%+v: %v", c.config, err)
			}
			if err := a.Close(); err != nil {
				t.Error(err)
			}
			if c.want != "" {
				t.Errorf("%+v: no error, want one with %q", c.config, c.want)
			}
		case c.want == "" || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "planted"):
			t.Errorf("%+v: error %v, want %q", c.config, err, c.want)
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
	for config, want := range map[Config]string{
		Defaults(): "http://127.0.0.1:8080/c/%E6%97%A9%E6%8A%A5#m1",
		{Listen: "127.0.0.1:8080", URL: "https://digest.example.org"}: "https://digest.example.org/c/%E6%97%A9%E6%8A%A5#m1",
		{Listen: "localhost:80"}: "http://localhost/c/%E6%97%A9%E6%8A%A5#m1",
		{Listen: "[::1]:8080"}:   "http://[::1]:8080/c/%E6%97%A9%E6%8A%A5#m1",
		{Listen: "127.0.0.1:0"}:  "",
	} {
		if r := post(t, open(t, config), "早报", specimen(t, "morning"), "k"); r.URL != want {
			t.Errorf("receipt of %+v: %s, want %s", config, r.URL, want)
		}
	}
}

func TestMessagesSurviveARestartAndTwoProcesses(t *testing.T) {
	dir := t.TempDir()
	first, second := openIn(t, dir, Defaults()), openIn(t, dir, Defaults())
	a := post(t, first, "general", specimen(t, "morning"), "k1")
	b := post(t, second, "general", specimen(t, "english"), "k1")
	if a != b {
		t.Errorf("one key gave %v and %v", a, b)
	}
	got, err := openIn(t, dir, Defaults()).Find(t.Context(), a.Channel, "k1", time.Now())
	if err != nil || got != a {
		t.Errorf("Find = %v, %v, want %v", got, err, a)
	}
}

func TestSendRefuses(t *testing.T) {
	a := open(t, Defaults())
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

// command gives a command as the page does, and gives the HTML of the reply.
func command(t *testing.T, base string, body []byte) string {
	t.Helper()
	res, err := http.Post(base+"/api/command", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var reply struct{ HTML string }
	if err := json.NewDecoder(res.Body).Decode(&reply); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("command: %s, %v", res.Status, err)
	}
	return reply.HTML
}
