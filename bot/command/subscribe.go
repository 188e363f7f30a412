package command

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/access"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/compose/language"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/refs"
	"github.com/digestbot/digestbot/bot/subscription"
)

// settingArgs returns the arguments for the settings of a subscription; with those that can
// be given only when it is made if made is true.
func settingArgs(made bool) (args []chat.Arg) {
	for _, of := range subscription.InChat(made) {
		args = append(args, chat.Arg{Name: of.Name, Summary: of.Summary, Named: true, Suggest: of.Suggested()})
	}
	return args
}

// apply sets the given settings in a spec; an empty value means the default.
func apply(spec subscription.Spec, args map[string]string) (wrong []compose.Wrong) {
	for _, of := range subscription.InChat(true) {
		if text, given := args[of.Name]; given && !spec.Put(of.Name, text) {
			wrong = append(wrong, compose.Wrong{Setting: of.Name, Value: strings.TrimSpace(text), Choices: of.Choices, Hint: of.Hint, Most: of.Most})
		}
	}
	return wrong
}

// nameArg names a subscription.
var nameArg = chat.Arg{Name: "name", Summary: "The name of a subscription", Suggest: true}

// subscribe makes a subscription.
var subscribe = verb{
	changes: true,
	Command: chat.Command{
		Name: "subscribe", Summary: "Post digests to a channel", Private: true, AdminOnly: true, Form: true,
		Args: slices.Concat([]chat.Arg{{Name: "name", Summary: "Its name, or when it posts: “weekdays 8:30”", Rest: true}, {Name: "channel", Summary: "A channel; this one if left out", Named: true, Suggest: true}}, settingArgs(true)),
	},
	manage: func(ctx context.Context, d adminDesk, r chat.Request, args map[string]string) (chat.Message, error) {
		c, refusal, err := d.place(ctx, r, args["channel"])
		if err != nil || refusal != nil {
			return whole(refusal), err
		}
		if r.Unfit != "" && c.ID == r.Channel.ID && c.Adapter == r.Channel.Adapter {
			return compose.CannotBeDone(r.Unfit, d.language(r)), nil
		}
		if off := d.Dispatch.Off(c); off != "" {
			return compose.CannotBeDone(ledger.Because(ledger.AdapterOff, c.Adapter, off), d.language(r)), nil
		}
		home := r.Home
		if d.access().FromOperators(r) {
			if home, err = d.access().Home(ctx, c); err != nil {
				return chat.Message{}, err
			}
			if check := d.Dispatch.Platforms.CheckHome; check != nil && home != "" {
				if err := check(c, home); err != nil {
					return compose.CannotBeDone(err.Error(), d.language(r)), nil
				}
			}
		}
		d.worded(args)
		here, err := d.subscribed(ctx, r, c)
		if err != nil {
			return chat.Message{}, err
		}
		if args["name"] == "" && len(here) > 0 {
			return compose.SubscribedAlready(c, here, d.language(r)), nil
		}
		name, ok := d.Dispatch.Subscriptions.FreeName(args["name"], c.Adapter, home)
		if !ok {
			return compose.Taken(args["name"], d.language(r)), nil
		}
		spec := subscription.Spec{}
		spec.Put("language", speaksOf(r))
		spec.Put("zone", d.Dispatch.Subscriptions.ZoneFor(c))
		x := ledger.Stored{Name: subscription.StoredName(name, c.Adapter, home), Channel: c, Home: home}
		return d.store(ctx, r, x, spec, args, true, here)
	},
	form: func(ctx context.Context, d adminDesk, r chat.Request, args map[string]string) (chat.Form, bool) {
		if d.worded(args) || r.Unfit != "" { // this is enough, or is refused
			return chat.Form{}, false
		}
		if here, err := d.subscribed(ctx, r, r.Channel); args["name"] == "" && (err != nil || len(here) > 0) { // this is refused, too
			return chat.Form{}, false
		}
		words := []string{"digest", "subscribe"}
		if args["name"] != "" {
			words = append(words, args["name"])
		}
		spec := subscription.Spec{"schedule": subscription.Schedules[0]}
		spec.Put("zone", d.Dispatch.Subscriptions.ZoneFor(r.Channel))
		return d.form(r, words, spec, true), true
	},
}

// worded moves a schedule that was given in place of the name, even an ambiguous one, to
// its argument, and reports whether it did.
func (d adminDesk) worded(args map[string]string) bool {
	_, given := args["schedule"]
	if given || args["name"] == "" {
		return false
	}
	if problems := (subscription.Spec{"schedule": args["name"]}).Check(d.Dispatch.Subscriptions.Names); len(problems) > 0 && problems[0].Readings == nil {
		return false
	}
	args["schedule"], args["name"] = args["name"], ""
	return true
}

// speaksOf returns the language that the user reads, if the platform says so.
func speaksOf(r chat.Request) string {
	if language.Check(r.Locale) == nil {
		return r.Locale
	}
	return ""
}

// subscribed returns the subscriptions of a channel.
func (d adminDesk) subscribed(ctx context.Context, r chat.Request, c chat.Channel) (here []compose.Served, err error) {
	c.Thread = ""
	visible, _ := d.access().View(r).Subscriptions(ctx)
	for _, s := range visible {
		if s.Channel != c {
			continue
		}
		t, err := d.told(ctx, s, time.Now())
		if err != nil {
			return nil, err
		}
		here = append(here, t)
	}
	return here, nil
}

// store stores a subscription with the given settings, and shows its new state. beside has
// the subscriptions that its channel had before.
func (d adminDesk) store(ctx context.Context, r chat.Request, x ledger.Stored, spec subscription.Spec, args map[string]string, made bool, beside []compose.Served) (chat.Message, error) {
	now := time.Now()
	x.By, x.At = doer(r), now
	wrong := apply(spec, args)
	for _, p := range spec.Check(d.Dispatch.Subscriptions.Names) {
		choices := p.Setting.Choices
		if p.Setting.Like == "libraries" {
			choices = d.Dispatch.Subscriptions.Names.Libraries
		}
		wrong = append(wrong, compose.Wrong{Setting: p.Setting.Name, Value: p.Value, Choices: choices, Hint: p.Setting.Hint, Most: p.Setting.Most, Readings: p.Readings})
	}
	if len(wrong) > 0 {
		return compose.WrongSettings(wrong, d.language(r)), nil
	}
	what := "changes "
	if made {
		what = "makes "
	}
	if err := d.record(ctx, r, what+"subscription "+x.Name+" of "+x.Channel.String()); err != nil {
		return chat.Message{}, err
	}
	if _, err := d.Dispatch.Subscriptions.Subscribe(ctx, x, spec); err != nil {
		return chat.Message{}, err
	}
	for _, s := range d.Dispatch.Subscriptions.Made() {
		if s.Name == x.Name {
			t, err := d.told(ctx, access.Subscription{Subscription: s, Channel: x.Channel, Ref: s.Label()}, now)
			var names []string
			for _, other := range beside {
				names = append(names, other.Name)
			}
			return compose.Subscribed(t, made, names, d.language(r)), err
		}
	}
	return chat.Message{}, fmt.Errorf("subscription %s: it was removed in the meantime", x.Name)
}

// stored returns a stored subscription and its spec.
func stored(ctx context.Context, l ledger.Ledger, s access.Subscription) (x ledger.Stored, spec subscription.Spec, err error) {
	all, err := l.Stored(ctx)
	i := slices.IndexFunc(all, func(x ledger.Stored) bool { return x.Name == s.Name })
	if err != nil || i < 0 {
		return x, spec, cmp.Or(err, fmt.Errorf("subscription %s: it was removed in the meantime", s.Name))
	}
	spec, err = subscription.SpecOf(all[i])
	return all[i], spec, err
}

// set changes a subscription.
var set = verb{
	changes: true,
	Command: chat.Command{
		Name: "set", Summary: "Change a subscription", Private: true, AdminOnly: true, Form: true,
		Args: slices.Concat([]chat.Arg{nameArg}, settingArgs(false)),
	},
	manage: func(ctx context.Context, d adminDesk, r chat.Request, args map[string]string) (chat.Message, error) {
		s, refusal := d.named(ctx, r, "set", args["name"])
		if refusal != nil {
			return *refusal, nil
		}
		x, spec, err := stored(ctx, d.Ledger, s)
		if err != nil {
			return chat.Message{}, err
		}
		settings := subscription.InChat(false)
		if !slices.ContainsFunc(settings, func(of subscription.Setting) bool { _, given := args[of.Name]; return given }) {
			t, err := d.told(ctx, s, time.Now())
			var values [][2]string
			for _, of := range settings {
				if v := spec.Written(of.Name); v != "" {
					values = append(values, [2]string{of.Name, v})
				}
			}
			return compose.Settings(t, values, d.language(r)), err
		}
		return d.store(ctx, r, x, spec, args, false, nil)
	},
	form: func(ctx context.Context, d adminDesk, r chat.Request, args map[string]string) (chat.Form, bool) {
		s, refusal := d.named(ctx, r, "set", args["name"])
		if refusal != nil {
			return chat.Form{}, false
		}
		_, spec, err := stored(ctx, d.Ledger, s)
		if err != nil {
			return chat.Form{}, false
		}
		return d.form(r, []string{"digest", "set", s.Ref}, spec, false), true
	},
}

// form asks for the settings of a subscription.
func (d adminDesk) form(r chat.Request, words []string, spec subscription.Spec, made bool) chat.Form {
	f := chat.Form{Words: words}
	for _, of := range subscription.InChat(false) {
		field := chat.Field{Arg: of.Name, Value: spec.Written(of.Name)}
		for _, c := range of.Choices {
			field.Choices = append(field.Choices, chat.Choice{Label: c, Value: c})
		}
		f.Fields = append(f.Fields, field)
	}
	translated := language.Localise(chat.Command{Args: settingArgs(false)}).Args
	return compose.SettingsForm(f, made, translated, d.language(r))
}

// unsubscribe removes a subscription, after a confirmation.
var unsubscribe = verb{
	changes: true,
	Command: chat.Command{
		Name: "unsubscribe", Summary: "Remove a subscription", Private: true, AdminOnly: true, Args: []chat.Arg{nameArg, chat.Confirm},
	},
	manage: func(ctx context.Context, d adminDesk, r chat.Request, args map[string]string) (chat.Message, error) {
		s, refusal := d.named(ctx, r, "unsubscribe", args["name"])
		if refusal != nil {
			return *refusal, nil
		}
		t, err := d.told(ctx, s, time.Now())
		if err != nil {
			return chat.Message{}, err
		}
		if shown := "remove." + refs.Stamp(s.Name, strconv.FormatInt(s.Since.Unix(), 10)); args["confirm"] != shown {
			return compose.Unsubscribe(t, chat.With(chat.Line("digest", "unsubscribe", s.Ref), chat.Confirm, shown), d.language(r)), nil
		}
		if err := d.record(ctx, r, "removes subscription "+s.Name+" of "+s.Channel.String()); err != nil {
			return chat.Message{}, err
		}
		_, err = d.Dispatch.Subscriptions.Unsubscribe(ctx, s.Name)
		return compose.Unsubscribed(s.Label(), d.language(r)), err
	},
}

// subscriptions lists the subscriptions.
var subscriptions = verb{
	Command: chat.Command{Name: "subscriptions", Summary: "All subscriptions", Private: true, AdminOnly: true},
	manage: func(ctx context.Context, d adminDesk, r chat.Request, _ map[string]string) (chat.Message, error) {
		list, err := d.toldAll(ctx, r, time.Now())
		return compose.Subscriptions(list, d.language(r)), err
	},
}

// oneOf suggests those of a few values that contain what is typed.
func oneOf(all []string) func(*Desk, chat.Request, string) []value {
	return func(_ *Desk, _ chat.Request, typed string) (list []value) {
		for _, x := range all {
			if strings.Contains(strings.ToLower(x), strings.ToLower(typed)) {
				list = append(list, value{text: x})
			}
		}
		return list
	}
}

// listed suggests values for what is after the last comma.
func listed(of func(*Desk, chat.Request, string) []value) func(*Desk, chat.Request, string) []value {
	return func(d *Desk, r chat.Request, typed string) (list []value) {
		before, last := "", typed
		if i := strings.LastIndexAny(typed, ",，、"); i >= 0 {
			before, last = strings.TrimRight(typed[:i], " ")+", ", strings.TrimLeft(typed[i:], ",，、 ")
		}
		for _, v := range of(d, r, last) {
			list = append(list, value{text: before + v.text})
		}
		return list
	}
}
