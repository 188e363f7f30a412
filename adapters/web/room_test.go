package web

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/digestbot/digestbot/bot/chat"
)

// browser is one page of a real browser.
type browser struct {
	t   *testing.T
	ctx context.Context
}

// visit opens an address in a real browser, in a window of that width.
func visit(t *testing.T, address string, width int64) *browser {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes long: run it without -short")
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("there is no chromium and no google-chrome in PATH: install the Debian package chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	_, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 800, DeviceScaleFactor: 1, Mobile: width < 500})
	if err != nil {
		t.Fatal(err)
	}
	still := []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: still}); err != nil {
		t.Fatal(err)
	}
	b := &browser{t, ctx}
	b.do(chromedp.Navigate(address))
	return b
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// see waits until an expression of the page is true. It asks anew instead of
// polling within the page, which may navigate meanwhile.
func (b *browser) see(what, expression string) {
	b.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("Boolean("+expression+")")); err == nil && ok {
			return
		}
	}
	b.t.Fatalf("not seen: %s; the page says:\n%s", what, value[string](b, "document.body.innerText"))
}

// value is what an expression of the page gives.
func value[T any](b *browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// shows is an expression: what the selector finds holds the words.
func shows(selector, words string) string {
	quoted, _ := json.Marshal([]string{selector, words})
	return fmt.Sprintf("(([selector, words]) => [...document.querySelectorAll(selector)].some((e) => e.textContent.includes(words)))(%s)", quoted)
}

// press types into the command box.
func (b *browser) press(keys string) {
	b.t.Helper()
	b.typeInto("#line", keys)
}

// typeInto focuses a field and types. It does not use chromedp.SendKeys, which
// reads the attributes of a node while events of the page write them.
func (b *browser) typeInto(selector, keys string) {
	b.t.Helper()
	value[bool](b, fmt.Sprintf("document.querySelector(%q).focus() || true", selector))
	b.do(chromedp.KeyEvent(keys))
}

func TestRoomInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	dir := t.TempDir()
	a := openIn(t, dir, "general", "早报")
	base := listen(t, a, tree, &echo{})
	post(t, a, "general", specimen(t, "morning"), "k1")
	b := visit(t, base+"/", 1280)

	b.see("the digest is there", shows("#m1 h2", "Go 1.26 正式发布"))
	b.see("its time is local", `!document.querySelector("#m1 time").textContent.includes("UTC")`)

	b.do(chromedp.Click(chromedp.CSS(`#m1 [data-line="/digest tag Kubernetes"]`)))
	b.see("a tag button answers below its message", shows("#m1 + .reply h2", "You said /digest tag Kubernetes"))
	b.see("a script tag stays text", shows("#m1 + .reply p", "<script>document.title"))
	b.do(chromedp.Click(chromedp.CSS("#m1 + .reply .dismiss")))
	b.see("a reply can be dismissed", `!document.querySelector(".reply")`)
	b.see("the focus returns to the button", `document.activeElement.dataset.line === "/digest tag Kubernetes"`)

	b.press("/digest tags")
	b.press(kb.Escape)
	b.press(kb.Enter)
	b.see("a typed command answers", shows("#replies h2", "You said /digest tags"))

	b.press("/digest ta")
	b.see("verbs are suggested", shows("#choices:not([hidden]) li", "Digests with a tag"))
	b.press(kb.ArrowDown)
	b.press(kb.Tab)
	b.see("Tab takes a suggestion", `document.querySelector("#line").value === "/digest tag "`)
	b.see("values are suggested", shows("#choices:not([hidden]) li", "数据库"))
	b.press(kb.ArrowDown + kb.ArrowDown)
	b.see("arrows choose", `document.querySelector("#choices [aria-selected=true]").textContent === "Azure"`)
	b.press(kb.Enter)
	b.see("Enter runs a whole line", shows("#replies h2", "You said /digest tag Azure"))
	b.press(kb.ArrowUp + kb.ArrowUp)
	b.see("the arrow up recalls lines", `document.querySelector("#line").value === "/digest tags"`)

	b.press(kb.Escape)
	b.do(chromedp.SetValue(chromedp.CSS("#line"), "/digest shout"))
	b.press(kb.Enter)
	b.see("a reply for everyone becomes a message", shows("#feed .message h2", "You said /digest shout"))

	m := specimen(t, "english")
	m.Title = "<script>document.title = 'taken'</script> &amp; <b>bold</b>"
	post(t, openIn(t, dir), "general", m, "k2") // as another process does
	b.see("a message appears without reloading", shows("#feed h2", m.Title))
	post(t, a, "早报", specimen(t, "compact"), "k3")
	b.see("another channel is marked", `document.querySelector('[data-channel="早报"]').classList.contains("unread")`)

	// A reader who is further down keeps the place, and is told.
	const place = `Math.round(document.querySelector("#m1 footer").getBoundingClientRect().top)`
	b.do(chromedp.ScrollIntoView(chromedp.CSS("#m1 footer")))
	before := value[int64](b, place)
	post(t, a, "general", specimen(t, "help"), "k4")
	b.see("a pill tells of the message above", `document.querySelector("#m5") && !document.querySelector("#fresh").hidden`)
	if after := value[int64](b, place); after < before-1 || after > before+1 {
		t.Errorf("the text moved from %d to %d under the reader's eyes", before, after)
	}

	if title := value[string](b, "document.title"); title != "general · digestbot" {
		t.Errorf("the title is %q", title)
	}
}

// TestTimesSpeakTheLanguageOfThePage opens an English page in a German browser.
func TestTimesSpeakTheLanguageOfThePage(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	a := open(t, "general")
	base := listen(t, a, tree, &echo{})
	post(t, a, "general", specimen(t, "morning"), "k1")
	b := visit(t, "about:blank", 390)
	if _, err := chromedp.Call(b.ctx, emulation.SetLocaleOverride, emulation.SetLocaleOverrideParams{Locale: "de-DE"}); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.Navigate(base + "/"))
	b.see("the browser is German", `new Intl.DateTimeFormat().resolvedOptions().locale === "de-DE"`)
	b.see("the weekday is English", `(() => {
		const time = document.querySelector("#m1 time");
		const day = new Intl.DateTimeFormat("en", { weekday: "short" }).format(new Date(time.dateTime));
		return time.textContent.startsWith(day + ",");
	})()`)
}

// TestOpenPageFollowsCorrections edits and removes messages while somebody
// reads them.
func TestOpenPageFollowsCorrections(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	dir := t.TempDir()
	a := openIn(t, dir, "general")
	other := openIn(t, dir) // as another process does
	base := listen(t, a, tree, &echo{})
	old := post(t, a, "general", specimen(t, "long"), "k1")
	above := post(t, a, "general", specimen(t, "compact"), "k2")
	b := visit(t, base+"/", 390)
	b.see("both are there", `document.querySelectorAll("#feed > article").length === 2`)

	// The reader is in the middle of the old message, on a link.
	const story = `[...document.querySelectorAll("#m1 .story")].find((e) => e.textContent.includes("第20条"))`
	value[bool](b, `(`+story+`.querySelector("h3").scrollIntoView(), `+story+`.querySelector("a").focus({ preventScroll: true }), true)`)
	const place = `Math.round(` + story + `.querySelector("h3").getBoundingClientRect().top)`
	before := value[int64](b, place)
	stays := func(what string) {
		t.Helper()
		if after := value[int64](b, place); after < before-1 || after > before+1 {
			t.Errorf("%s: the text moved from %d to %d under the reader's eyes", what, before, after)
		}
	}

	edit(t, other, above, specimen(t, "english"), "k2")
	b.see("an edit shows without reloading", shows("#m2 h2", "Open source daily"))
	stays("a longer message above")

	corrected := specimen(t, "long")
	corrected.Note = chat.Plain("✎ corrected")
	corrected.Blocks = append([]chat.Block{chat.Paragraph{Text: chat.Plain(strings.Repeat("more ", 200))}}, corrected.Blocks...)
	edit(t, other, old, corrected, "k1")
	b.see("the message that is read is corrected", shows("#m1 .note", "✎ corrected"))
	stays("the message itself")
	if !value[bool](b, story+`.contains(document.activeElement)`) {
		t.Error("the focus is lost")
	}
	if !value[bool](b, `document.querySelector("#fresh").hidden && document.querySelector("#status").textContent === ""`) {
		t.Error("a correction is announced as a new message")
	}

	if err := other.Remove(t.Context(), above); err != nil {
		t.Fatal(err)
	}
	b.see("what was removed goes", `!document.querySelector("#m2")`)
	stays("what went above")

	under, err := a.Render(chat.Message{Title: "分析 · 结论", Footer: "in the thread"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Send(t.Context(), chat.Under(old), under[0], "k3"); err != nil {
		t.Fatal(err)
	}
	b.see("a thread hangs under its message, folded", shows("#m1 > details:not([open]) > summary", "分析 · 结论"))
	value[bool](b, `(document.querySelector("#m1 > details").open = true)`)
	edit(t, other, old, specimen(t, "long"), "k1")
	b.see("the correction is taken back", `!document.querySelector("#m1 .note")`)
	if !value[bool](b, `document.querySelector("#m1 > details").open && document.querySelector("#m3").checkVisibility()`) {
		t.Error("the thread was closed under the reader's eyes")
	}
	stays("all of it")
}

func TestOldMessageIsFoundByItsAddress(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	a := open(t, "general")
	base := listen(t, a, tree, &echo{})
	for i := range 3 * pageSize {
		post(t, a, "general", specimen(t, "compact"), fmt.Sprint("k", i))
	}
	b := visit(t, base+"/c/general#m2", 1280)
	b.see("the message is loaded and shown", `(() => { const box = document.querySelector("#m2")?.getBoundingClientRect(); return box && box.top >= 0 && box.top < innerHeight; })()`)
}

func TestNarrowScreenHasNoSidewaysScroll(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for _, width := range []int64{320, 390} {
		a := open(t, "general", "a-channel-with-a-long-name", strings.Repeat("频道", 20))
		base := listen(t, a, tree, &echo{})
		post(t, a, "general", specimen(t, "hostile"), "k1")
		post(t, a, "general", specimen(t, "morning"), "k2")
		b := visit(t, base+"/", width)
		b.see("the digest is there", shows("#m2 h2", "Go 1.26"))
		b.press("/digest tags")
		b.press(kb.Escape)
		b.press(kb.Enter)
		b.see("a typed command answers", shows("#replies h2", "You said"))
		if wide := value[int64](b, "document.documentElement.scrollWidth"); wide > width {
			t.Errorf("the page is %d wide on a screen of %d", wide, width)
		}
	}
}

func TestSignInAndOutInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	a := open(t, "general", "a-channel-with-a-long-name")
	a.token = chat.NewSecret(roomToken)
	base := listen(t, a, tree, &echo{})
	post(t, a, "general", specimen(t, "morning"), "k1")
	b := visit(t, base+"/", 320)
	b.typeInto("#token", "wrong"+kb.Enter)
	b.see("a wrong token is refused", shows("#refused", "not the token"))
	b.typeInto("#token", roomToken+kb.Enter)
	b.see("the token opens the room", shows("#m1 h2", "Go 1.26"))
	b.see("the script has run", `document.readyState === "complete"`)
	b.do(chromedp.Click(chromedp.CSS(`#m1 [data-line="/digest tag Go"]`)))
	b.see("buttons answer there too", shows("#m1 + .reply h2", "You said"))

	if wide := value[int64](b, "document.documentElement.scrollWidth"); wide > 320 {
		t.Errorf("the page with Sign out is %d wide on a screen of 320", wide)
	}
	b.do(chromedp.Click(chromedp.CSS(".leave button")))
	b.see("who signs out is asked for the token again", `document.querySelector("#token") && location.pathname === "/login"`)
	b.do(chromedp.Navigate(base + "/c/general"))
	b.see("the room stays shut", `document.querySelector("#token") && location.pathname === "/login"`)

	// The session ends in another window while the page is open.
	b.typeInto("#token", roomToken+kb.Enter)
	b.see("the token opens the room again", shows("#m1 h2", "Go 1.26"))
	b.see("the script has run", `document.readyState === "complete"`)
	if _, err := a.db.Exec(`DELETE FROM session`); err != nil {
		t.Fatal(err)
	}
	post(t, a, "general", specimen(t, "english"), "k2")
	b.see("an open page asks for the token when its session is over", `document.querySelector("#token") && location.pathname === "/login"`)
}
