package web

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/digestbot/digestbot/bot/chat"
)

// pages is a tree of a verb whose answers have pages, and of one with a form.
var pages = chat.Command{Name: "digest", Subs: []chat.Command{
	{Name: "tag", Private: true, Args: []chat.Arg{{Name: "tag", Required: true, Rest: true, Suggest: true}, chat.Page, chat.Share}},
	{Name: "story", Private: true, Args: []chat.Arg{{Name: "story", Required: true}}},
	{Name: "set", Private: true, AdminOnly: true, Form: true, Args: []chat.Arg{{Name: "name"}, {Name: "schedule", Named: true}, {Name: "style", Named: true}}},
	{Name: "home", Private: true, Hidden: true},
}}

// book answers with a page that can be turned, with choices, and a form.
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

func TestPagesChoicesAndForms(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	a := open(t, "general")
	base := listen(t, a, pages, &book{})
	b := visit(t, base+"/", 390)
	say := func(line string) {
		b.press(line)
		b.press(kb.Escape)
		b.press(kb.Enter)
	}
	button := func(line string) { b.do(chromedp.Click(chromedp.CSS(`.reply [data-line='` + line + `']`))) }

	say("/digest tag AI")
	b.see("a list", shows("#replies h2", "You said /digest tag AI"))
	button("/digest tag AI page=2")
	b.see("the page takes the place of the one before", `document.querySelectorAll(".reply").length === 1 && `+shows("#replies h2", "page=2"))

	const list = `document.querySelector(".reply .choose select")`
	value[bool](b, list+`.focus() || true`)
	b.do(chromedp.KeyEvent(kb.ArrowDown + kb.ArrowDown))
	b.see("keys go through the choices", list+`.value === "/digest story 2" && document.querySelectorAll(".reply").length === 1`)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.see("Enter chooses", shows(".reply + .reply h2", "You said /digest story 2"))
	value[bool](b, `(`+list+`.selectedIndex = 3, document.dispatchEvent(new PointerEvent("pointerdown")), `+list+`.dispatchEvent(new Event("change", { bubbles: true })), true)`)
	b.see("more choices are in the command box", `document.activeElement.id === "line" && document.querySelector("#line").value === "/digest tag " && `+shows("#choices:not([hidden]) li", "数据库"))
	b.press(kb.Escape)
	value[bool](b, `(document.querySelector("#line").value = "", true)`)

	button("/digest tag AI share=here")
	b.see("what is shared is a message for all", shows("#feed .message h2", "share=here"))

	say("/digest set morning")
	b.see("a form asks", shows(".ask label", "When")+` && document.querySelector(".ask [name=schedule]").value === "30 8 * * *" && document.querySelector(".ask [name=style]").value === "full"`)
	b.see("its first field has the keys", `document.activeElement.name === "schedule"`)
	b.see("nothing lies upon the button that dismisses it", `[...document.querySelectorAll(".ask .dismiss")].every((e) => getComputedStyle(e).position === "static")`)
	value[bool](b, `(document.activeElement.value = "", true)`)
	b.do(chromedp.KeyEvent("weekdays 8:30" + kb.Enter))
	b.see("the form becomes a line", `!document.querySelector(".ask") && `+shows("#replies h2", `You said /digest set morning schedule="weekdays 8:30" style=full`))
	say("/digest set evening")
	b.see("without a form the line is asked", shows("#replies h2", "You said /digest set evening"))

	if wide := value[int64](b, "document.documentElement.scrollWidth"); wide > 390 {
		t.Errorf("the page is %d wide on a screen of 390", wide)
	}
	b.press("/digest ")
	b.see("verbs are suggested", shows("#choices:not([hidden]) li", "story"))
	if value[bool](b, shows("#choices li", "home")) {
		t.Error("a hidden verb is suggested")
	}
}
