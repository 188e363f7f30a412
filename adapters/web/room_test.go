package web

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/digestbot/digestbot/adapters/adaptertest/browser"
	"github.com/digestbot/digestbot/bot/chat"
)

// press types into the command box.
func press(b *browser.Page, keys string) {
	b.TypeInto("#line", keys)
}

func TestRoomInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	dir := t.TempDir()
	a := openIn(t, dir, "general", "早报")
	base := listen(t, a, tree, &echo{})
	post(t, a, "general", specimen(t, "morning"), "k1")
	b := browser.Visit(t, base+"/", 1280)

	b.See("the digest is there", browser.Shows("#m1 h2", "Go 1.26 正式发布"))
	b.See("its time is local", `!document.querySelector("#m1 time").textContent.includes("UTC")`)

	b.Do(chromedp.Click(chromedp.CSS(`#m1 [data-line="/digest tag Kubernetes"]`)))
	b.See("a tag button answers below its message", browser.Shows("#m1 + .reply h2", "You said /digest tag Kubernetes"))
	b.See("a script tag stays text", browser.Shows("#m1 + .reply p", "<script>document.title"))
	b.Do(chromedp.Click(chromedp.CSS("#m1 + .reply .dismiss")))
	b.See("a reply can be dismissed", `!document.querySelector(".reply")`)
	b.See("the focus returns to the button", `document.activeElement.dataset.line === "/digest tag Kubernetes"`)

	press(b, "/digest tags")
	press(b, kb.Escape)
	press(b, kb.Enter)
	b.See("a typed command answers", browser.Shows("#replies h2", "You said /digest tags"))

	press(b, "/digest ta")
	b.See("verbs are suggested", browser.Shows("#choices:not([hidden]) li", "Digests with a tag"))
	press(b, kb.ArrowDown)
	press(b, kb.Tab)
	b.See("Tab takes a suggestion", `document.querySelector("#line").value === "/digest tag "`)
	b.See("values are suggested", browser.Shows("#choices:not([hidden]) li", "数据库"))
	press(b, kb.ArrowDown+kb.ArrowDown)
	b.See("arrows choose", `document.querySelector("#choices [aria-selected=true]").textContent === "Azure"`)
	press(b, kb.Enter)
	b.See("Enter runs a whole line", browser.Shows("#replies h2", "You said /digest tag Azure"))
	press(b, kb.ArrowUp+kb.ArrowUp)
	b.See("the arrow up recalls lines", `document.querySelector("#line").value === "/digest tags"`)

	press(b, kb.Escape)
	b.Do(chromedp.SetValue(chromedp.CSS("#line"), "/digest shout"))
	press(b, kb.Enter)
	b.See("a reply for everyone becomes a message", browser.Shows("#feed .message h2", "You said /digest shout"))

	m := specimen(t, "english")
	m.Title = "<script>document.title = 'taken'</script> &amp; <b>bold</b>"
	post(t, openIn(t, dir), "general", m, "k2") // as another process does
	b.See("a message appears without reloading", browser.Shows("#feed h2", m.Title))
	post(t, a, "早报", specimen(t, "compact"), "k3")
	b.See("another channel is marked", `document.querySelector('[data-channel="早报"]').classList.contains("unread")`)

	// A reader who has scrolled down stays in place and is notified.
	const place = `Math.round(document.querySelector("#m1 footer").getBoundingClientRect().top)`
	b.Do(chromedp.ScrollIntoView(chromedp.CSS("#m1 footer")))
	before := browser.Value[int64](b, place)
	post(t, a, "general", specimen(t, "help"), "k4")
	b.See("a pill tells of the message above", `document.querySelector("#m5") && !document.querySelector("#fresh").hidden`)
	if after := browser.Value[int64](b, place); after < before-1 || after > before+1 {
		t.Errorf("the text moved from %d to %d under the reader's eyes", before, after)
	}

	if title := browser.Value[string](b, "document.title"); title != "general · digestbot" {
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
	b := browser.Visit(t, "about:blank", 390)
	if _, err := chromedp.Call(b.Context, emulation.SetLocaleOverride, emulation.SetLocaleOverrideParams{Locale: "de-DE"}); err != nil {
		t.Fatal(err)
	}
	b.Do(chromedp.Navigate(base + "/"))
	b.See("the browser is German", `new Intl.DateTimeFormat().resolvedOptions().locale === "de-DE"`)
	b.See("the weekday is English", `(() => {
		const time = document.querySelector("#m1 time");
		const day = new Intl.DateTimeFormat("en", { weekday: "short" }).format(new Date(time.dateTime));
		return time.textContent.startsWith(day + ",");
	})()`)
}

// TestOpenPageFollowsCorrections edits and removes messages while the page
// is open.
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
	b := browser.Visit(t, base+"/", 390)
	b.See("both are there", `document.querySelectorAll("#feed > article").length === 2`)

	// The reader is in the middle of the old message, with the focus on a link.
	const story = `[...document.querySelectorAll("#m1 .story")].find((e) => e.textContent.includes("第20条"))`
	browser.Value[bool](b, `(`+story+`.querySelector("h3").scrollIntoView(), `+story+`.querySelector("a").focus({ preventScroll: true }), true)`)
	const place = `Math.round(` + story + `.querySelector("h3").getBoundingClientRect().top)`
	before := browser.Value[int64](b, place)
	stays := func(what string) {
		t.Helper()
		if after := browser.Value[int64](b, place); after < before-1 || after > before+1 {
			t.Errorf("%s: the text moved from %d to %d under the reader's eyes", what, before, after)
		}
	}

	edit(t, other, above, specimen(t, "english"), "k2")
	b.See("an edit shows without reloading", browser.Shows("#m2 h2", "Open source daily"))
	stays("a longer message above")

	corrected := specimen(t, "long")
	corrected.Note = chat.Plain("✎ corrected")
	corrected.Blocks = append([]chat.Block{chat.Paragraph{Text: chat.Plain(strings.Repeat("more ", 200))}}, corrected.Blocks...)
	edit(t, other, old, corrected, "k1")
	b.See("the message that is read is corrected", browser.Shows("#m1 .note", "✎ corrected"))
	stays("the message itself")
	if !browser.Value[bool](b, story+`.contains(document.activeElement)`) {
		t.Error("the focus is lost")
	}
	if !browser.Value[bool](b, `document.querySelector("#fresh").hidden && document.querySelector("#status").textContent === ""`) {
		t.Error("a correction is announced as a new message")
	}

	if err := other.Remove(t.Context(), above); err != nil {
		t.Fatal(err)
	}
	b.See("what was removed goes", `!document.querySelector("#m2")`)
	stays("what went above")

	under, err := a.Render(chat.Message{Title: "分析 · 结论", Footer: "in the thread"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Send(t.Context(), chat.Under(old), under[0], "k3"); err != nil {
		t.Fatal(err)
	}
	b.See("a thread hangs under its message, folded", browser.Shows("#m1 > details:not([open]) > summary", "分析 · 结论"))
	browser.Value[bool](b, `(document.querySelector("#m1 > details").open = true)`)
	edit(t, other, old, specimen(t, "long"), "k1")
	b.See("the correction is taken back", `!document.querySelector("#m1 .note")`)
	if !browser.Value[bool](b, `document.querySelector("#m1 > details").open && document.querySelector("#m3").checkVisibility()`) {
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
	b := browser.Visit(t, base+"/c/general#m2", 1280)
	b.See("the message is loaded and shown", `(() => { const box = document.querySelector("#m2")?.getBoundingClientRect(); return box && box.top >= 0 && box.top < innerHeight; })()`)
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
		b := browser.Visit(t, base+"/", width)
		b.See("the digest is there", browser.Shows("#m2 h2", "Go 1.26"))
		press(b, "/digest tags")
		press(b, kb.Escape)
		press(b, kb.Enter)
		b.See("a typed command answers", browser.Shows("#replies h2", "You said"))
		if wide := browser.Value[int64](b, "document.documentElement.scrollWidth"); wide > width {
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
	b := browser.Visit(t, base+"/", 320)
	b.TypeInto("#token", "wrong"+kb.Enter)
	b.See("a wrong token is refused", browser.Shows("#refused", "not the token"))
	b.TypeInto("#token", roomToken+kb.Enter)
	b.See("the token opens the room", browser.Shows("#m1 h2", "Go 1.26"))
	b.See("the script has run", `document.readyState === "complete"`)
	b.Do(chromedp.Click(chromedp.CSS(`#m1 [data-line="/digest tag Go"]`)))
	b.See("buttons answer there too", browser.Shows("#m1 + .reply h2", "You said"))

	if wide := browser.Value[int64](b, "document.documentElement.scrollWidth"); wide > 320 {
		t.Errorf("the page with Sign out is %d wide on a screen of 320", wide)
	}
	b.Do(chromedp.Click(chromedp.CSS(".leave button")))
	b.See("who signs out is asked for the token again", `document.querySelector("#token") && location.pathname === "/login"`)
	b.Do(chromedp.Navigate(base + "/c/general"))
	b.See("the room stays shut", `document.querySelector("#token") && location.pathname === "/login"`)

	// The session ends in another window while the page is open.
	b.TypeInto("#token", roomToken+kb.Enter)
	b.See("the token opens the room again", browser.Shows("#m1 h2", "Go 1.26"))
	b.See("the script has run", `document.readyState === "complete"`)
	if _, err := a.store.change(t.Context(), `DELETE FROM @session`); err != nil {
		t.Fatal(err)
	}
	post(t, a, "general", specimen(t, "english"), "k2")
	b.See("an open page asks for the token when its session is over", `document.querySelector("#token") && location.pathname === "/login"`)
}
