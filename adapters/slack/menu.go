package slack

import (
	"cmp"
	"strconv"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// Limits of menus
// (https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element,
// https://docs.slack.dev/reference/block-kit/composition-objects/option-object).
const (
	maxOptions     = 100
	maxOption      = 75
	maxOptionValue = 150
	maxPlaceholder = 150
	maxActionID    = 255
)

// moreID begins the id of a menu that has its choices from the server; behind it
// and a space stands the line that they continue.
const moreID = "more-"

// menu is a menu that says the line of what is chosen. One whose choices go on
// elsewhere asks for them all. A choice that a menu cannot hold is written out,
// as a button is.
func menu(s chat.Select, serial *int) (pieces []piece) {
	label, line := oneLine(s.Label), layout.Clean(s.Line)
	head := shorten(harmless(label), maxPlaceholder-2) // for the marks around it
	if head != harmless(label) {
		pieces = rich(chat.Text{{Text: label, Style: chat.Bold}})
	}
	var placeholder *slack.TextBlockObject
	used := 0
	if head != "" {
		placeholder = plain(head)
		used = length(placeholder.Text)
	}
	*serial++
	if action := moreID + strconv.Itoa(*serial) + " " + line; line != "" && utf8.RuneCountInString(action) <= maxActionID {
		element := slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, placeholder, action)
		element.MinQueryLength = new(int)
		return append(pieces, piece{slack.NewActionBlock("", element), used})
	}
	var options []*slack.OptionBlockObject
	var written chat.List
	flush := func() {
		if len(options) > 0 {
			element := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, placeholder, "pick-"+strconv.Itoa(*serial), options...)
			pieces = append(pieces, piece{slack.NewActionBlock("", element), used})
			*serial++
		}
		options, used = nil, 0
		if placeholder != nil {
			used = length(placeholder.Text)
		}
	}
	for _, c := range s.Choices {
		label, line := oneLine(c.Label), layout.Clean(c.Line)
		o := option(label, line)
		switch {
		case line == "" && label == "":
			continue
		case o == nil:
			item := chat.Text{{Text: line, Style: chat.Code}}
			if label != "" {
				item = append(chat.Text{{Text: label + " "}}, item...)
			}
			written.Items = append(written.Items, item)
			continue
		case len(options) == maxOptions, len(options) > 0 && used+length(o.Text.Text) > maxRich:
			flush()
		}
		options = append(options, o)
		used += length(o.Text.Text)
	}
	flush()
	return append(pieces, list(written).pieces...)
}

// option is a choice that says a line; nil if it does not fit.
func option(label, line string) *slack.OptionBlockObject {
	text := plain(harmless(cmp.Or(label, line)))
	if n := utf8.RuneCountInString(line); n == 0 || n > maxOptionValue || utf8.RuneCountInString(text.Text) > maxOption {
		return nil
	}
	return slack.NewOptionBlockObject(line, text, nil)
}

// offered are the choices of a menu that asks for them, as Slack takes them: as
// many as there may be, with the beginnings of long labels.
func offered(all []chat.Choice) []byte {
	out := struct {
		Options []*slack.OptionBlockObject `json:"options"`
	}{[]*slack.OptionBlockObject{}}
	for _, c := range all {
		if len(out.Options) == maxOptions {
			break
		}
		line := layout.Clean(c.Line)
		if o := option(shorten(harmless(oneLine(cmp.Or(c.Label, line))), maxOption-3), line); o != nil {
			out.Options = append(out.Options, o)
		}
	}
	data, err := marshal(out)
	if err != nil {
		return []byte(`{"options":[]}`) // texts always marshal
	}
	return data
}
