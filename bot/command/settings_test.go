package command

import (
	"slices"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/subscription"
)

// typed returns the example of a setting as people type it in chat.
func typed(of subscription.Setting) string {
	text := strings.NewReplacer(`"`, "", "[", "", "]", "").Replace(of.Example)
	switch text {
	case "true":
		return "yes"
	case "false":
		return "no"
	}
	return text
}

// Chat knows each setting of the table: one line in it is all that set, subscribe, their
// forms, suggestions and help need.
func TestChatKnowsEverySetting(t *testing.T) {
	r, _ := town(t)
	r.Dispatch.Subscriptions.Names.Libraries = []string{"news"}
	form, ok := r.Form(t.Context(), chat.Request{Channel: red, Home: "red", User: admin, Line: "/digest set made"})
	if !ok {
		t.Fatal("there is no form")
	}
	labels := map[string]string{} // by argument, in Chinese
	translated, _ := r.Form(t.Context(), chat.Request{Channel: red, Home: "red", User: admin, Line: "/digest set made", Locale: "zh-CN"})
	for _, f := range translated.Fields {
		labels[f.Arg] = f.Label + " " + f.Hint
	}
	places := map[int]string{}
	for _, of := range subscription.Settings {
		if of.Chat == 0 {
			if of.Summary != "" || of.Once {
				t.Errorf("%s is not for chat and has words for it", of.Name)
			}
			if got := words(r.ask("no", red, admin, "/digest subscribe x-"+of.Name+" "+of.Name+"="+typed(of))); !strings.Contains(got, "or it is not a valid name") {
				t.Errorf("%s is not for chat and is taken: %q", of.Name, got)
			}
			continue
		}
		if other := places[of.Chat]; other != "" {
			t.Errorf("%s has the place of %s in chat", of.Name, other)
		}
		places[of.Chat] = of.Name
		if of.Summary == "" {
			t.Errorf("%s has no summary", of.Name)
		}
		verb, name := "set", "made"
		if of.Once {
			verb, name = "subscribe", "once"
		}
		line := "/digest " + verb + " " + name + " " + of.Name + "="
		if got := words(r.ask("set "+of.Name, red, admin, line+`"`+typed(of)+`"`)); !strings.Contains(got, "“"+name+"” is") {
			t.Errorf("%s is answered %q", line+typed(of), got)
		}
		stored, err := r.Ledger.Stored(t.Context())
		i := slices.IndexFunc(stored, func(x ledger.Stored) bool { return x.Name == subscription.StoredName(name, "g", "red") })
		if err != nil || i < 0 {
			t.Fatalf("%s is not stored: %v", name, err)
		}
		if spec, err := subscription.SpecOf(stored[i]); err != nil || spec.Written(of.Name) != typed(of) {
			t.Errorf("%s is stored as %q (%v), want %q", of.Name, spec.Written(of.Name), err, typed(of))
		}
		if help := words(r.ask("help "+of.Name, red, admin, "/digest help "+verb)); !strings.Contains(help, strings.ToUpper(of.Name)+" "+of.Summary) {
			t.Errorf("help on %s does not say %q: %q", verb, of.Summary, help)
		}
		if !of.Once {
			if got := words(r.ask("show "+of.Name, red, admin, "/digest set made")); !strings.Contains(got, of.Name+"="+chat.Quote(typed(of))) {
				t.Errorf("set does not show %s=%s: %q", of.Name, typed(of), got)
			}
			j := slices.IndexFunc(form.Fields, func(f chat.Field) bool { return f.Arg == of.Name })
			if j < 0 || len(form.Fields[j].Choices) != len(of.Choices) || !strings.ContainsFunc(labels[of.Name], func(r rune) bool { return r >= 0x4e00 }) {
				t.Errorf("the form has %s as %+v, in Chinese %q", of.Name, form.Fields, labels[of.Name])
			}
			if got := words(r.ask("default "+of.Name, red, admin, line)); !strings.Contains(got, "is changed") {
				t.Errorf("%s, which is the default, is answered %q", line, got)
			}
			if got := words(r.ask("shows no "+of.Name, red, admin, "/digest set made")); strings.Contains(got, "|"+of.Name+"=") {
				t.Errorf("set shows %s, which is the default again: %q", of.Name, got)
			}
		}
		var suggested []string
		for _, c := range r.Suggest(t.Context(), chat.Request{Channel: red, Home: "red", User: admin, Line: line}) {
			suggested = append(suggested, c.Value)
		}
		if of.Suggested() != (len(suggested) > 0) || len(of.Choices) > 0 && !slices.Equal(suggested, of.Choices) {
			t.Errorf("%s: suggested are %q", of.Name, suggested)
		}
		if of.Like == "category" || of.Like == "tag" {
			continue // any text is valid
		}
		hint, wrong := of.Hint, "@everyone"
		if of.Name == "paths" { // which may be a path
			wrong = "posts/["
		}
		if len(of.Choices) > 0 {
			hint = "It can be " + of.Choices[0]
		} else if of.Name == "libraries" {
			hint = "It can be news."
		} else if of.Most > 0 {
			hint = "Write a number from 1 to 99."
		}
		got := words(r.ask("wrong "+of.Name, red, admin, strings.Replace(line, " once ", " other ", 1)+wrong))
		if !strings.Contains(got, "Nothing was changed:|"+of.Name+" cannot be ") || hint == "" || !strings.Contains(got, hint) {
			t.Errorf("%s%s is answered %q, want %q", line, wrong, got, hint)
		}
	}
	names := func(args []chat.Arg) (names []string) {
		for _, a := range args {
			names = append(names, a.Name)
		}
		return names
	}
	// The order is that of the forms and menus of the platforms.
	if got, want := names(settingArgs(true)), strings.Fields("schedule zone categories tags style without details language wait max_age on_empty repeats bundle skip extra start"); !slices.Equal(got[:min(len(got), len(want))], want) {
		t.Errorf("chat takes %q, want them to begin with %q", got, want)
	}
}
