package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"html/template"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/digestbot/digestbot/adapters/adaptertest/browser"
	"github.com/digestbot/digestbot/adapters/adaptertest/specimens"
	"github.com/digestbot/digestbot/bot/chat"
)

// paper returns a platform on which each block of a message is one payload,
// after one for the title, and a payload looks like a sheet of paper.
func paper(name string) chat.Beside {
	page := template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><head><title>{{.Name}}</title><style>body, :host { margin: 0; padding: 16px; background: #fdf6e3; color: #222; font: 15px sans-serif; overflow-wrap: anywhere } p { margin: 0 } @media (prefers-color-scheme: dark) { body, :host { background: #36393f; color: #ddd } }</style></head>
<body><p>{{.Name}} prints</p><p>{{.Words}}</p></body></html>`))
	return chat.Beside{
		Name: name,
		Render: func(m chat.Message) ([]chat.Payload, error) {
			parts := []any{m.Title}
			for _, b := range m.Blocks {
				parts = append(parts, b)
			}
			var payloads []chat.Payload
			for _, part := range parts {
				p, err := json.Marshal(map[string]any{"words": part})
				if err != nil {
					return nil, err
				}
				payloads = append(payloads, p)
			}
			return payloads, nil
		},
		Draw: func(p chat.Payload) ([]byte, string, error) {
			var out bytes.Buffer
			if err := page.Execute(&out, struct{ Name, Words string }{name, string(p)}); err != nil {
				return nil, "", err
			}
			return out.Bytes(), "https://builder.example/#" + name, nil
		},
	}
}

// TestMessageComesBackWhole converts each specimen to a payload and back.
// The result is the cleaned specimen, which other platforms can render.
func TestMessageComesBackWhole(t *testing.T) {
	a := open(t)
	for _, s := range specimens.All() {
		first, err := a.Render(s.Message)
		if err != nil {
			t.Fatal(err)
		}
		m, err := parse(first[0])
		if err != nil {
			t.Fatal(err)
		}
		back := m.chat()
		second, err := a.Render(back)
		if err != nil || len(second) != 1 || !bytes.Equal(first[0], second[0]) {
			t.Errorf("%s comes back as another message: %v\n%s\n%s", s.Name, err, first, second)
		}
		// These need no cleaning, so they come back unchanged.
		if slices.Contains([]string{"morning", "english", "compact", "headlines", "lookup", "help", "notice", "long", "details", "corrected", "repeats", "pictured", "bundle"}, s.Name) &&
			!reflect.DeepEqual(back, s.Message) {
			t.Errorf("%s comes back as\n%+v\nwant\n%+v", s.Name, back, s.Message)
		}
	}
}

func TestBeside(t *testing.T) {
	a := open(t, "general")
	broken := paper("Broken press")
	broken.Draw = func(chat.Payload) ([]byte, string, error) { return nil, "", errors.New("no ink") }
	a.SetBeside(paper("Paper & Co"), broken)
	base := listen(t, a, tree, &echo{})
	post(t, a, "general", chat.Message{Title: "<script>title</script>", Blocks: []chat.Block{chat.Notice{Text: chat.Plain("second")}}}, "k1")

	_, body := get(t, request(t, "GET", base+"/", ""))
	for _, link := range []string{`href="/beside/Paper%20&amp;%20Co/1"`, `href="/beside/Broken%20press/1"`} {
		if !strings.Contains(body, link) {
			t.Errorf("the page lacks %s", link)
		}
	}
	const path = "/beside/Paper%20&%20Co/1"
	res, body := get(t, request(t, "GET", base+path, ""))
	for _, want := range []string{`src="/beside/Paper%20&amp;%20Co/1/0"`, `src="/beside/Paper%20&amp;%20Co/1/1"`, "https://builder.example/#Paper", "&lt;script&gt;title", path + "/json"} {
		if !strings.Contains(strings.ReplaceAll(body, "&amp;%20Co/1/json", "&%20Co/1/json"), want) {
			t.Errorf("%s %s: lacks %s: %s", path, res.Status, want, body)
		}
	}
	res, body = get(t, request(t, "GET", base+path+"/json", ""))
	var payloads []json.RawMessage
	if err := json.Unmarshal([]byte(body), &payloads); err != nil || len(payloads) != 2 || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%s/json: %v, %v, %s", path, res.Header, err, body)
	}
	res, body = get(t, request(t, "GET", base+path+"/1", ""))
	csp := res.Header.Get("Content-Security-Policy")
	if !strings.Contains(body, "second") || !strings.HasPrefix(csp, "default-src 'none'; img-src https:; style-src 'unsafe-inline';") ||
		!strings.Contains(csp, "; sandbox") || strings.Contains(csp, "allow-scripts") || strings.Contains(csp, "script-src") || res.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("%s/1: %v: %s", path, res.Header, body)
	}
	for path, want := range map[string]int{
		path + "/2": 404, path + "/-1": 404, path + "/x": 404, "/beside/Paper%20&%20Co/2": 404, "/beside/Paper%20&%20Co/x": 404, "/beside/Nobody/1": 404,
		"/beside/Broken%20press/1": 500, "/beside/Broken%20press/1/0": 500,
	} {
		if res, body := get(t, request(t, "GET", base+path, "")); res.StatusCode != want || strings.Contains(body, "no ink") {
			t.Errorf("%s: %s %s, want %d", path, res.Status, body, want)
		}
	}
}

func TestBesideInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	a := open(t, "general")
	a.SetBeside(paper("Paper"), paper("Stone"))
	base := listen(t, a, tree, &echo{})
	receipt := post(t, a, "general", specimen(t, "english"), "k1")
	b := browser.Visit(t, base+"/", 390)

	const frames = `[...document.querySelectorAll("#m1 iframe")]`
	b.Do(chromedp.Click(chromedp.CSS(`#m1 [data-beside="Paper"]`)))
	b.See("each payload has a frame of its size", frames+`.length === 7 && `+frames+`.every((f) => f.contentDocument?.body.textContent.includes("Paper prints") && f.clientHeight === f.contentDocument.documentElement.offsetHeight)`)
	b.See("the message makes room", `!document.querySelector("#m1 h2").checkVisibility()`)
	b.Do(chromedp.Click(chromedp.CSS(`#m1 [data-beside="Stone"]`)))
	b.See("another platform takes its place", frames+`.length === 7 && `+frames+`.every((f) => f.contentDocument?.body.textContent.includes("Stone prints"))`)

	edit(t, a, receipt, chat.Message{Title: "Corrected"}, "k1")
	b.See("an edit is shown as on that platform", frames+`.length === 1 && `+frames+`[0].contentDocument?.body.textContent.includes("Corrected")`)
	b.Do(chromedp.Click(chromedp.CSS(`#m1 [data-beside="Stone"]`)))
	b.See("pressed again, the message is back", `document.querySelector("#m1 h2").checkVisibility() && !document.querySelector("#m1 iframe")`)
	if wide := browser.Value[int64](b, "document.documentElement.scrollWidth"); wide > 390 {
		t.Errorf("the page is %d wide", wide)
	}
}

func TestSheet(t *testing.T) {
	broken := paper("Broken")
	broken.Render = func(chat.Message) ([]chat.Payload, error) { return nil, errors.New("no paper") }
	page := Sheet(chat.Env{}.In, []chat.Message{specimen(t, "hostile"), specimen(t, "english")}, paper("Paper"), broken)
	b := browser.Visit(t, standing(t, page), 1280)
	b.See("the message stands there", browser.Shows("h2", "@everyone"))
	b.See("why one is missing", browser.Shows(".failure", "no paper"))
	b.See("several parts are counted", browser.Shows(".likeness h2", "Paper × "))
	const drawings = `[...document.querySelectorAll(".drawing > div")]`
	if n := browser.Value[int64](b, drawings+`.filter((d) => d.shadowRoot.querySelector("p").textContent === "Paper prints").length`); n != 11+7 {
		t.Errorf("there are %d drawings", n)
	}
	if n := browser.Value[int64](b, `document.querySelectorAll("script, iframe, template").length`); n != 0 {
		t.Errorf("%d elements have no place in the sheet", n)
	}
	if got := browser.Value[string](b, `document.querySelector("pre").textContent`); !json.Valid([]byte(got)) || !strings.Contains(got, "@everyone") {
		t.Errorf("the payload is shown as %s", got)
	}
	if got := browser.Value[string](b, drawings+`[0].shadowRoot.querySelectorAll("p")[1].textContent`); !strings.HasPrefix(got, `{"words":`) || !strings.Contains(got, "@everyone") {
		t.Errorf("the drawing says %s", got)
	}
}

// A drawing looks the same in the sheet as alone: it takes exactly its own
// space, with its own colours and fonts.
func TestSheetShowsDrawingsWhole(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	page := Sheet(chat.Env{}.In, []chat.Message{specimen(t, "hostile"), specimen(t, "english")}, paper("Paper"))
	for _, width := range []int64{390, 1280} {
		b := browser.Visit(t, standing(t, page), width)
		for _, s := range []struct{ what, true string }{
			{"are as high as what they show", `Math.abs(d.shadowRoot.querySelector("p:last-of-type").getBoundingClientRect().bottom + 16 - d.getBoundingClientRect().bottom) < 1`},
			{"show all of it", `[d, d.parentElement].every((e) => e.clientHeight > 0 && e.scrollHeight === e.clientHeight && e.scrollWidth === e.clientWidth)`},
			{"have their own letters", `getComputedStyle(d.shadowRoot.querySelector("p")).font === "15px sans-serif"`},
			{"have their own colours", `getComputedStyle(d).backgroundColor === "rgb(253, 246, 227)"`},
		} {
			if got := browser.Value[[]string](b, `[...document.querySelectorAll(".drawing > div")].filter((d) => !(`+s.true+`)).map((d) => d.shadowRoot.textContent)`); len(got) > 0 {
				t.Errorf("%d pixels: not all drawings %s: %q", width, s.what, got)
			}
		}
		if wide := browser.Value[int64](b, "document.documentElement.scrollWidth"); wide > width {
			t.Errorf("the page is %d wide on a screen of %d", wide, width)
		}
	}
}

// The number of parts is not shown if there is only one.
func TestSheetCountsPartsOnlyIfThereAreSeveral(t *testing.T) {
	page := string(Sheet(chat.Env{}.In, []chat.Message{{Title: "alone"}}, paper("Paper")))
	if !strings.Contains(page, "<h2>Paper</h2>") {
		t.Errorf("the page is %s", page)
	}
}

// standing writes a page to a file and returns its address.
func standing(t *testing.T, page []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, page, 0o600); err != nil {
		t.Fatal(err)
	}
	return "file://" + file
}
