package web

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/digestbot/digestbot/adapters/adaptertest/browser"
	"github.com/digestbot/digestbot/bot/chat"
)

// pages is a command tree with a verb whose answers have pages, and one with a form.
var pages = chat.Command{Name: "digest", Subs: []chat.Command{
	{Name: "tag", Private: true, Args: []chat.Arg{{Name: "tag", Required: true, Rest: true, Suggest: true}, chat.Page, chat.Share}},
	{Name: "story", Private: true, Args: []chat.Arg{{Name: "story", Required: true}}},
	{Name: "set", Private: true, AdminOnly: true, Form: true, Args: []chat.Arg{{Name: "name"}, {Name: "schedule", Named: true}, {Name: "style", Named: true}}},
	{Name: "home", Private: true, Hidden: true},
}}

// book answers with a page that can be turned, with choices, or with a form.
type book struct{ echo }

func (b *book) Handle(ctx context.Context, r chat.Request) chat.Message {
	m := b.echo.Handle(ctx, r)
	if call, err := pages.Parse(r.Line); err == nil && call.Verb == "tag" {
		line := chat.Line("digest", "tag", call.Args["tag"])
		m.Blocks = []chat.Block{
			chat.Select{Label: "A story", Line: "/digest tag", Choices: []chat.Choice{{Label: "The first", Line: "/digest story 1"}, {Label: "第二 <b>", Line: "/digest story 2"}}},
			chat.Buttons{{Label: "Older", Line: chat.With(line, chat.Page, "2")}, {Label: "Share", Line: chat.With(line, chat.Share, "here")}},
		}
	}
	return m
}

func (*book) Form(_ context.Context, r chat.Request) (chat.Form, bool) {
	return chat.Form{Title: "Settings", Submit: "Save", Cancel: "Leave", Words: []string{"digest", "set", "morning"}, Fields: []chat.Field{
		{Arg: "schedule", Label: "When", Hint: "weekdays 8:30", Value: "30 8 * * *"},
		{Arg: "style", Label: "Style", Value: "full", Choices: []chat.Choice{{Label: "Full", Value: "full"}, {Label: "Compact", Value: "compact"}}},
	}}, strings.Contains(r.Line, "morning")
}

func TestPagesChoicesAndForms(t *testing.T) { inEach(t, checkPagesChoicesAndForms) }

func checkPagesChoicesAndForms(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	a := open(t, "general")
	base := listen(t, a, pages, &book{})
	b := browser.Visit(t, base+"/", 390)
	say := func(line string) {
		press(b, line)
		press(b, kb.Escape)
		press(b, kb.Enter)
	}
	button := func(line string) { b.Do(chromedp.Click(chromedp.CSS(`.reply [data-line='` + line + `']`))) }

	say("/digest tag AI")
	b.See("a list", browser.Shows("#replies h2", "You said /digest tag AI"))
	button("/digest tag AI page=2")
	b.See("the page takes the place of the one before", `document.querySelectorAll(".reply").length === 1 && `+browser.Shows("#replies h2", "page=2"))

	const list = `document.querySelector(".reply .choose select")`
	browser.Value[bool](b, list+`.focus() || true`)
	b.Do(chromedp.KeyEvent(kb.ArrowDown + kb.ArrowDown))
	b.See("keys go through the choices", list+`.value === "/digest story 2" && document.querySelectorAll(".reply").length === 1`)
	b.Do(chromedp.KeyEvent(kb.Enter))
	b.See("Enter chooses", browser.Shows(".reply + .reply h2", "You said /digest story 2"))
	browser.Value[bool](b, `(`+list+`.selectedIndex = 3, document.dispatchEvent(new PointerEvent("pointerdown")), `+list+`.dispatchEvent(new Event("change", { bubbles: true })), true)`)
	b.See("more choices are in the command box", `document.activeElement.id === "line" && document.querySelector("#line").value === "/digest tag " && `+browser.Shows("#choices:not([hidden]) li", "数据库"))
	press(b, kb.Escape)
	browser.Value[bool](b, `(document.querySelector("#line").value = "", true)`)

	button("/digest tag AI share=here")
	b.See("what is shared is a message for all", browser.Shows("#feed .message h2", "share=here"))

	say("/digest set morning")
	b.See("a form asks", browser.Shows(".ask label", "When")+` && document.querySelector(".ask [name=schedule]").value === "30 8 * * *" && document.querySelector(".ask [name=style]").value === "full"`)
	b.See("its first field has the keys", `document.activeElement.name === "schedule"`)
	b.See("nothing lies upon the button that dismisses it", `[...document.querySelectorAll(".ask .dismiss")].every((e) => getComputedStyle(e).position === "static")`)
	browser.Value[bool](b, `(document.activeElement.value = "", true)`)
	b.Do(chromedp.KeyEvent("weekdays 8:30" + kb.Enter))
	b.See("the form becomes a line", `!document.querySelector(".ask") && `+browser.Shows("#replies h2", `You said /digest set morning schedule="weekdays 8:30" style=full`))
	say("/digest set evening")
	b.See("without a form the line is asked", browser.Shows("#replies h2", "You said /digest set evening"))

	if wide := browser.Value[int64](b, "document.documentElement.scrollWidth"); wide > 390 {
		t.Errorf("the page is %d wide on a screen of 390", wide)
	}
	press(b, "/digest ")
	b.See("verbs are suggested", browser.Shows("#choices:not([hidden]) li", "story"))
	if browser.Value[bool](b, browser.Shows("#choices li", "home")) {
		t.Error("a hidden verb is suggested")
	}
}
