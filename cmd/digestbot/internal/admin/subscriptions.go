package admin

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/access"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/subscription"
)

// listedSubscription is a subscription in the list.
type listedSubscription struct {
	Name, Label string
	Made        bool // in chat or here, so that it can be changed here
	By          string
	At          moment
	Schedule    string
	Zone        string
	Next        moment
	Match       []string
	Channels    []listedChannel
	Problem     string // why it cannot be read
	Version     string
}

type listedChannel struct {
	Channel, PausedBy string
	Since             moment
	Off               string // why it receives nothing, or empty
}

// subscriptionList has all subscriptions.
type subscriptionList struct{ Configured, Made []listedSubscription }

// subscriptionPages are the pages of subscriptions.
type subscriptionPages struct{ desk }

func (s subscriptionPages) subscriptions(r *http.Request, now time.Time) (any, error) {
	stored, err := s.Dispatch.Ledger.Stored(r.Context())
	if err != nil {
		return nil, err
	}
	var list subscriptionList
	for _, sub := range s.Dispatch.Subscriptions.Configured {
		list.Configured = append(list.Configured, s.listed(sub, now))
	}
	made, refused := s.Dispatch.Subscriptions.Made(), s.Dispatch.Subscriptions.Refused()
	for _, x := range stored {
		l := listedSubscription{Name: x.Name, Label: x.Name, Channels: s.listedChannels(x.Channel)}
		if i := slices.IndexFunc(made, func(sub subscription.Subscription) bool { return sub.Name == x.Name }); i >= 0 {
			l = s.listed(made[i], now)
		}
		if i := slices.IndexFunc(refused, func(y subscription.Refused) bool { return y.Name == x.Name }); i >= 0 {
			l.Problem = sentence(refused[i].Problem.Field + ": " + refused[i].Problem.Text)
		}
		l.Made, l.By, l.At, l.Version = true, x.By.Name, moment{x.At, s.zone()}, version(x)
		list.Made = append(list.Made, l)
	}
	return list, nil
}

// listed returns a subscription as the list shows it.
func (s subscriptionPages) listed(sub subscription.Subscription, now time.Time) listedSubscription {
	l := listedSubscription{
		Name: sub.Name, Label: sub.Label(), Schedule: words.When(sub.Schedule), Zone: sub.Zone.String(),
		Next: moment{sub.Schedule.Next(now), sub.Zone}, Channels: s.listedChannels(sub.Channels...),
	}
	only := func(what string, values []string) {
		if len(values) > 0 {
			l.Match = append(l.Match, what+" "+words.List(values))
		}
	}
	only("categories", sub.Match.Categories)
	only("tags", sub.Match.Any)
	only("without the tags", sub.Match.None)
	only("languages", sub.Match.Languages)
	only("libraries", sub.Match.Libraries)
	var paths []string
	for _, p := range sub.Match.Paths {
		paths = append(paths, p.String())
	}
	only("paths", paths)
	return l
}

func (s subscriptionPages) listedChannels(channels ...chat.Channel) (list []listedChannel) {
	for _, c := range channels {
		x := listedChannel{Channel: c.String(), Off: s.off(c)}
		if h, ok := s.Dispatch.Subscriptions.Paused(c); ok {
			x.PausedBy, x.Since = h.By.Name, moment{h.At, s.zone()}
		}
		list = append(list, x)
	}
	return list
}

// version returns a value that changes with each change of a subscription.
func version(x ledger.Stored) string { return strconv.FormatInt(x.At.UnixNano(), 36) }

// pause pauses or resumes a channel.
func (s subscriptionPages) pause(r *http.Request, now time.Time) (done, error) {
	did := done{to: "/admin/subscriptions"}
	if r.PostFormValue("back") == "overview" {
		did.to = "/admin"
	}
	c, err := chat.ParseChannel(r.PostFormValue("channel"))
	if err != nil {
		return did, refusal{sentence(err.Error())}
	}
	_, paused := s.Dispatch.Subscriptions.Paused(c)
	switch what := r.PostFormValue("do"); {
	case what == "pause" && paused, what == "resume" && !paused:
		return did, refusal{"That was already done. Nothing was changed."}
	case what == "pause":
		if err := s.Dispatch.Platforms.Unreachable(c); err != nil {
			return did, refusal{sentence(words.Reason(err.Error()))}
		}
		if err := s.enter(r, now, c, "pause "+c.String(), "pauses "+c.String()); err != nil {
			return did, err
		}
		did.said = c.String() + " is paused: nothing new is posted there."
		_, err = s.Dispatch.Subscriptions.Pause(r.Context(), ledger.Pause{Channel: c, By: operator, At: now})
	case what == "resume":
		if err := s.enter(r, now, c, "resume "+c.String(), "resumes "+c.String()); err != nil {
			return did, err
		}
		did.said = c.String() + " is resumed: waiting posts are sent, and the next slot posts what is new."
		_, err = s.Dispatch.Resender.Resume(r.Context(), c, operator.Name, now)
	default:
		return did, errNotThere
	}
	return did, err
}

// subscriptionForm asks for the settings of a subscription.
type subscriptionForm struct {
	// Name and Version are those of the subscription to change; empty for a new one.
	Name, Version  string
	Label, Channel field
	First, More    []field
	Open           bool   // whether More is expanded
	Wrong          string // mistake that concerns the whole form
}

// Problems returns how many fields have mistakes.
func (f subscriptionForm) Problems() (n int) {
	for _, x := range slices.Concat([]field{f.Label, f.Channel}, f.First, f.More) {
		if x.Problem != "" {
			n++
		}
	}
	return n
}

// field is a field of a form.
type field struct {
	Name, Label, Summary string
	Value                string
	Choices              []string // all values, the default first
	Suggests             []string
	Default              string
	Problem              string
}

// settings returns the settings of a form: first those of chat's forms, then all others.
func settings(made bool) (first, more []subscription.Setting) {
	for _, of := range subscription.InChat(made) {
		if of.Chat <= firstSettings {
			first = append(first, of)
		} else {
			more = append(more, of)
		}
	}
	for _, of := range subscription.Settings {
		if of.Chat == 0 {
			more = append(more, of)
		}
	}
	return first, more
}

// firstSettings is how many settings a form shows outside More settings.
const firstSettings = 6

// newForm returns the form of a subscription, filled in with written.
func (s subscriptionPages) newForm(written func(subscription.Setting) string, problems map[string]string, made bool) (f subscriptionForm) {
	ask := func(of subscription.Setting) field {
		x := field{
			Name: of.Name, Label: strings.ToUpper(of.Name[:1]) + strings.ReplaceAll(of.Name[1:], "_", " "), Summary: cmp.Or(of.Summary, of.Doc),
			Value: written(of), Choices: of.Choices, Suggests: of.Suggests, Default: cmp.Or(of.Default, of.None), Problem: problems[of.Name],
		}
		if len(of.Choices) > 0 && of.None == "" {
			x.Default = of.Choices[0]
		}
		if of.Like == "libraries" {
			x.Suggests = s.Dispatch.Subscriptions.Names.Libraries
		}
		return x
	}
	first, more := settings(made)
	for _, of := range first {
		f.First = append(f.First, ask(of))
	}
	for _, of := range more {
		x := ask(of)
		f.More = append(f.More, x)
		f.Open = f.Open || x.Problem != ""
	}
	if made {
		f.Label = field{Name: "label", Label: "Name", Summary: "Letters, digits, hyphens, dots and underscores; a free one if left out", Problem: problems["label"]}
		f.Channel = field{Name: "channel", Label: "Channel", Summary: "Where digests go: adapter:id", Suggests: s.channels(), Problem: problems["channel"]}
	}
	return f
}

func (s subscriptionPages) subscription(r *http.Request, _ time.Time) (any, error) {
	name := r.URL.Query().Get("name")
	if name == "" {
		spec := subscription.Spec{"schedule": subscription.Schedules[0]}
		spec.Put("zone", s.Dispatch.Subscriptions.ZoneFor(chat.Channel{}))
		return s.newForm(func(of subscription.Setting) string { return spec.Written(of.Name) }, nil, true), nil
	}
	x, spec, err := s.stored(r, name)
	if err != nil {
		return nil, err
	}
	f := s.newForm(func(of subscription.Setting) string { return spec.Written(of.Name) }, nil, false)
	f.Name, f.Version, f.Channel.Value = x.Name, version(x), x.Channel.String()
	return f, nil
}

// stored returns a subscription that was made in chat or here, and its settings.
func (s subscriptionPages) stored(r *http.Request, name string) (ledger.Stored, subscription.Spec, error) {
	all, err := s.Dispatch.Ledger.Stored(r.Context())
	if err != nil {
		return ledger.Stored{}, nil, err
	}
	i := slices.IndexFunc(all, func(x ledger.Stored) bool { return x.Name == name })
	if i < 0 {
		return ledger.Stored{}, nil, errNotThere
	}
	spec, err := subscription.SpecOf(all[i])
	if err != nil {
		spec = subscription.Spec{} // settings that cannot be read are written again
	}
	return all[i], spec, nil
}

// subscribe creates or changes a subscription.
func (s subscriptionPages) subscribe(r *http.Request, now time.Time) (done, error) {
	typed := r.PostForm
	name := typed.Get("name")
	made := name == ""
	problems := map[string]string{}
	var x ledger.Stored
	spec, wrong := subscription.Spec{}, ""
	if made {
		var err error
		if x, err = s.place(r, typed, problems); err != nil {
			return done{}, err
		}
	} else {
		var err error
		if x, spec, err = s.stored(r, name); err != nil {
			return done{}, err
		}
		if typed.Get("version") != version(x) {
			wrong = "Someone has changed the subscription in the meantime. Compare it with your version, and save again to overwrite it. Nothing was changed."
		}
	}
	first, more := settings(made)
	for _, of := range slices.Concat(first, more) {
		text := typed.Get(of.Name)
		switch {
		case secret(text):
			problems[of.Name] = holdsSecret
			typed.Del(of.Name)
		case !spec.Put(of.Name, text):
			problems[of.Name] = "Write a number from 1 to " + strconv.Itoa(of.Most) + "."
			if of.Most == 0 {
				problems[of.Name] = sentence("Write " + subscription.Either(of.Choices))
			}
		}
	}
	for _, p := range spec.Check(s.Dispatch.Subscriptions.Names) {
		problems[p.Setting.Name] = sentence(p.Text)
	}
	if len(problems) > 0 || wrong != "" {
		f := s.newForm(func(of subscription.Setting) string { return typed.Get(of.Name) }, problems, made)
		f.Wrong, f.Label.Value, f.Channel.Value, f.Open = wrong, typed.Get("label"), typed.Get("channel"), f.Open || wrong != ""
		if !made {
			f.Name, f.Version, f.Channel.Value = x.Name, version(x), x.Channel.String()
		}
		return done{again: &form{"subscription", f}}, nil
	}
	does := "changes "
	if made {
		does = "makes "
	}
	x.By, x.At = operator, now
	if err := s.enter(r, now, x.Channel, strings.TrimSpace(does)+" subscription "+x.Name, does+"subscription "+x.Name+" of "+x.Channel.String()); err != nil {
		return done{}, err
	}
	if _, err := s.Dispatch.Subscriptions.Subscribe(r.Context(), x, spec); err != nil {
		return done{}, err
	}
	says := "“" + x.Name + "” is changed."
	if made {
		says = "“" + x.Name + "” is ready: " + x.Channel.String() + " gets its digests."
	}
	return done{said: says, to: "/admin/subscriptions"}, nil
}

// place returns a new subscription with the typed name and channel, as chat would make it
// for the operators.
func (s subscriptionPages) place(r *http.Request, typed url.Values, problems map[string]string) (x ledger.Stored, err error) {
	for _, name := range []string{"label", "channel"} {
		if secret(typed.Get(name)) {
			problems[name] = holdsSecret
			typed.Del(name)
			return x, nil
		}
	}
	c, err := chat.ParseChannel(typed.Get("channel"))
	if err != nil {
		problems["channel"] = sentence(err.Error())
		return x, nil
	}
	if off := s.off(c); off != "" {
		problems["channel"] = off
		return x, nil
	}
	reach := access.Control{Platforms: s.Dispatch.Platforms, Subscriptions: s.Dispatch.Subscriptions, OperatorsAt: s.Dispatch.Notices.Admin, Log: s.Log}
	home, err := reach.Home(r.Context(), c)
	if err != nil {
		problems["channel"] = "The platform cannot say at the moment which server or workspace the channel belongs to. Check the id, or try again later."
		return x, nil
	}
	if check := s.Dispatch.Platforms.CheckHome; check != nil && home != "" {
		if err := check(c, home); err != nil {
			problems["channel"] = sentence(err.Error())
			return x, nil
		}
	}
	label := strings.TrimSpace(typed.Get("label"))
	if here, served := s.Dispatch.Subscriptions.Serving(c); served && label == "" {
		problems["label"] = c.String() + " already has the subscription “" + here.Label() + "”. Change that one, or give another one a name."
		return x, nil
	}
	name, ok := s.Dispatch.Subscriptions.FreeName(label, c.Adapter, home)
	if !ok {
		problems["label"] = "The name is already taken or is not valid: write up to " + strconv.Itoa(subscription.NameLimit) + " letters, digits, hyphens, dots and underscores."
	}
	return ledger.Stored{Name: subscription.StoredName(name, c.Adapter, home), Channel: c, Home: home}, nil
}

// secret reports whether a text contains anything that looks like a secret.
func secret(text string) bool { return chat.Mask(text) != text }

const holdsSecret = "This looks like a token or another secret, so it was not accepted. Replace the secret if others could see it."

// unsubscribe removes a subscription.
func (s subscriptionPages) unsubscribe(r *http.Request, now time.Time) (done, error) {
	did := done{to: "/admin/subscriptions"}
	x, _, err := s.stored(r, r.PostFormValue("name"))
	if err != nil {
		return did, err
	}
	if r.PostFormValue("version") != version(x) {
		return did, refusal{"Someone has changed the subscription in the meantime. Look again before you decide. Nothing was changed."}
	}
	if err := s.enter(r, now, x.Channel, "remove subscription "+x.Name, "removes subscription "+x.Name+" of "+x.Channel.String()); err != nil {
		return did, err
	}
	did.said = "“" + x.Name + "” is removed."
	_, err = s.Dispatch.Subscriptions.Unsubscribe(r.Context(), x.Name)
	return did, err
}
