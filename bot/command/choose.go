package command

import (
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/digest"
)

// which is the argument of the verbs that are about one digest.
var which = chat.Arg{Name: "digest", Summary: "A digest's ID; the newest without one", Rest: true, Suggest: true}

// chosen is the digest that which means, nil when there is none: that of an ID
// or of a button's Ref; without either the newest that is accepted.
func chosen(l *digest.Library, which string, accepts func(*digest.Digest) bool) *digest.Digest {
	wanted := func(d *digest.Digest) bool { return compose.Ref(d.ID) == which }
	if which == "" {
		wanted = accepts
	} else if d := l.ByID(which); d != nil {
		return d
	}
	for _, d := range l.All() {
		if wanted(d) {
			return d
		}
	}
	return nil
}

// noneChosen answers that chosen found none.
func noneChosen(which, lang string) chat.Message {
	if which == "" {
		return compose.NoDigests(lang)
	}
	return compose.NoDigest(which, lang)
}
