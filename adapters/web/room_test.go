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

// visit opens an address in a real browser, in a window of that width.
func visit(t *testing.T, address string, width int64) context.Context {
	t.Helper()
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
	do(t, ctx, chromedp.Navigate(address))
	return ctx
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// see waits until an expression of the page is true. It asks anew instead of
// polling within the page, which may navigate meanwhile.
func see(t *testing.T, ctx context.Context, what, expression string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+expression+")")); err == nil && ok {
			return
		}
	}
	page, err := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
	t.Fatalf("not seen: %s; the page says (%v):\n%s", what, err, page)
}

// shows is an expression: what the selector finds holds the words.
func shows(selector, words string) string {
	quoted, _ := json.Marshal([]string{selector, words})
	return fmt.Sprintf("(([selector, words]) => [...document.querySelectorAll(selector)].some((e) => e.textContent.includes(words)))(%s)", quoted)
}

func press(keys string) chromedp.Action[chromedp.Void] {
	return chromedp.SendKeys(chromedp.CSS("#line"), keys)
}

func TestRoomInABrowser(t *testing.T) {
	dir := t.TempDir()
	a := openIn(t, dir, anyPort, "general", "早报")
	base := listen(t, a, tree, &echo{})
	post(t, a, "general", specimen(t, "morning"), "k1")
	ctx := visit(t, base+"/", 1280)

	see(t, ctx, "the digest is there", shows("#m1 h2", "Go 1.26 正式发布"))
	see(t, ctx, "its time is local", `!document.querySelector("#m1 time").textContent.includes("UTC")`)

	do(t, ctx, chromedp.Click(chromedp.CSS(`#m1 [data-line="/digest tag Kubernetes"]`)))
	see(t, ctx, "a tag button answers below its message", shows("#m1 + .reply h2", "You said /digest tag Kubernetes"))
	see(t, ctx, "a script tag stays text", shows("#m1 + .reply p", "<script>document.title"))
	do(t, ctx, chromedp.Click(chromedp.CSS("#m1 + .reply .dismiss")))
	see(t, ctx, "a reply can be dismissed", `!document.querySelector(".reply")`)
	see(t, ctx, "the focus returns to the button", `document.activeElement.dataset.line === "/digest tag Kubernetes"`)

	do(t, ctx, press("/digest tags"), press(kb.Escape), press(kb.Enter))
	see(t, ctx, "a typed command answers", shows("#replies h2", "You said /digest tags"))

	do(t, ctx, press("/digest ta"))
	see(t, ctx, "verbs are suggested", shows("#choices li", "Digests with a tag"))
	do(t, ctx, press(kb.ArrowDown), press(kb.Tab))
	see(t, ctx, "Tab takes a suggestion", `document.querySelector("#line").value === "/digest tag "`)
	see(t, ctx, "values are suggested", shows("#choices li", "数据库"))
	do(t, ctx, press(kb.ArrowDown+kb.ArrowDown))
	see(t, ctx, "arrows choose", `document.querySelector("#choices [aria-selected=true]").textContent === "Azure"`)
	do(t, ctx, press(kb.Enter))
	see(t, ctx, "Enter runs a whole line", shows("#replies h2", "You said /digest tag Azure"))
	do(t, ctx, press(kb.ArrowUp+kb.ArrowUp))
	see(t, ctx, "the arrow up recalls lines", `document.querySelector("#line").value === "/digest tags"`)

	do(t, ctx, press(kb.Escape), chromedp.SetValue(chromedp.CSS("#line"), "/digest shout"), press(kb.Enter))
	see(t, ctx, "a reply for everyone becomes a message", shows("#feed .message h2", "You said /digest shout"))

	m := specimen(t, "english")
	m.Title = "<script>document.title = 'taken'</script> &amp; <b>bold</b>"
	post(t, openIn(t, dir, anyPort), "general", m, "k2") // as another process does
	see(t, ctx, "a message appears without reloading", shows("#feed h2", m.Title))
	post(t, a, "早报", specimen(t, "compact"), "k3")
	see(t, ctx, "another channel is marked", `document.querySelector('[data-channel="早报"]').classList.contains("unread")`)

	// Who reads further down keeps the place, and is told.
	const place = `Math.round(document.querySelector("#m1 footer").getBoundingClientRect().top)`
	do(t, ctx, chromedp.ScrollIntoView(chromedp.CSS("#m1 footer")))
	before, err := chromedp.Run(ctx, chromedp.Evaluate[int64](place))
	if err != nil {
		t.Fatal(err)
	}
	post(t, a, "general", specimen(t, "help"), "k4")
	see(t, ctx, "a pill tells of the message above", `document.querySelector("#m5") && !document.querySelector("#fresh").hidden`)
	if after, err := chromedp.Run(ctx, chromedp.Evaluate[int64](place)); err != nil || after < before-1 || after > before+1 {
		t.Errorf("the text moved from %d to %d under the reader's eyes, %v", before, after, err)
	}

	title, err := chromedp.Run(ctx, chromedp.Title())
	if err != nil || title != "general · digestbot" {
		t.Errorf("the title is %q, %v", title, err)
	}
}

func TestOldMessageIsFoundByItsAddress(t *testing.T) {
	a := open(t, anyPort, "general")
	base := listen(t, a, tree, &echo{})
	for i := range 3 * pageSize {
		post(t, a, "general", specimen(t, "compact"), fmt.Sprint("k", i))
	}
	ctx := visit(t, base+"/c/general#m2", 1280)
	see(t, ctx, "the message is loaded and shown", `(() => { const box = document.querySelector("#m2")?.getBoundingClientRect(); return box && box.top >= 0 && box.top < innerHeight; })()`)
}

func TestNarrowScreenHasNoSidewaysScroll(t *testing.T) {
	for _, width := range []int64{320, 390} {
		a := open(t, anyPort, "general", "a-channel-with-a-long-name", strings.Repeat("频道", 20))
		base := listen(t, a, tree, &echo{})
		post(t, a, "general", specimen(t, "hostile"), "k1")
		post(t, a, "general", specimen(t, "morning"), "k2")
		ctx := visit(t, base+"/", width)
		see(t, ctx, "the digest is there", shows("#m2 h2", "Go 1.26"))
		do(t, ctx, press("/digest tags"), press(kb.Escape), press(kb.Enter))
		see(t, ctx, "a typed command answers", shows("#replies h2", "You said"))
		wide, err := chromedp.Run(ctx, chromedp.Evaluate[int64]("document.documentElement.scrollWidth"))
		if err != nil || wide > width {
			t.Errorf("the page is %d wide on a screen of %d, %v", wide, width, err)
		}
	}
}

func TestLoginInABrowser(t *testing.T) {
	a := open(t, anyPort, "general")
	a.token = chat.NewSecret("planted-token")
	base := listen(t, a, tree, &echo{})
	post(t, a, "general", specimen(t, "morning"), "k1")
	ctx := visit(t, base+"/", 390)
	do(t, ctx, chromedp.SendKeys(chromedp.CSS("#token"), "wrong"+kb.Enter))
	see(t, ctx, "a wrong token is refused", shows("#refused", "not the token"))
	do(t, ctx, chromedp.SendKeys(chromedp.CSS("#token"), "planted-token"+kb.Enter))
	see(t, ctx, "the token opens the room", shows("#m1 h2", "Go 1.26"))
	do(t, ctx, chromedp.Click(chromedp.CSS(`#m1 [data-line="/digest tag Go"]`)))
	see(t, ctx, "buttons answer there too", shows("#m1 + .reply h2", "You said"))
}
