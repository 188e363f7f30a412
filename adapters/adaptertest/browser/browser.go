// Package browser opens pages in a real browser, to test the pages that the bot serves. It
// never knows what is on them.
package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Page is one page in a real browser.
type Page struct {
	t *testing.T
	// Context is the chromedp context of the page.
	Context context.Context
}

// Visit opens an address in a real browser, in a window of the given width.
func Visit(t *testing.T, address string, width int64) *Page {
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
	b := &Page{t, ctx}
	b.Do(chromedp.Navigate(address))
	return b
}

// Do runs chromedp actions, and ends the test if one fails.
func (b *Page) Do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.Context, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// See waits until an expression is true in the page. It evaluates the
// expression repeatedly instead of polling within the page, which may
// navigate in the meantime.
func (b *Page) See(what, expression string) {
	b.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ok, err := chromedp.Run(b.Context, chromedp.Evaluate[bool]("Boolean("+expression+")")); err == nil && ok {
			return
		}
	}
	b.t.Fatalf("not seen: %s; the page says:\n%s", what, Value[string](b, "document.body.innerText"))
}

// Value returns the value of an expression in the page.
func Value[T any](b *Page, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.Context, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// Shows returns an expression that is true if an element matching the selector contains the
// words.
func Shows(selector, words string) string {
	quoted, _ := json.Marshal([]string{selector, words})
	return fmt.Sprintf("(([selector, words]) => [...document.querySelectorAll(selector)].some((e) => e.textContent.includes(words)))(%s)", quoted)
}

// TypeInto focuses a field and types. It does not use chromedp.SendKeys, which
// reads the attributes of a node while events of the page write them.
func (b *Page) TypeInto(selector, keys string) {
	b.t.Helper()
	Value[bool](b, fmt.Sprintf("document.querySelector(%q).focus() || true", selector))
	b.Do(chromedp.KeyEvent(keys))
}
