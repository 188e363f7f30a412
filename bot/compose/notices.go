package compose

import (
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// Unsolicited notices.

// SlotEmpty tells admins that a slot ended without a digest.
func SlotEmpty(subscription string, at time.Time, lang string) chat.Message {
	w := in(lang)
	return w.notice(chat.Warning, w.SayOf("“%[1]s” posted nothing at %[2]s: no digest came.", subscription, w.Zoned(at, at.Location())))
}

// SlotOfExamples tells admins that a slot found only the examples that ship with the bot.
func SlotOfExamples(subscription string, at time.Time, lang string) chat.Message {
	w := in(lang)
	return w.notice(chat.Warning, w.SayOf("“%[1]s” posted nothing at %[2]s: only digestbot's examples came. Set library.path to your own digests.", subscription, w.Zoned(at, at.Location())))
}

// SlotMissed tells admins that the bot was not running when a slot opened.
func SlotMissed(subscription string, at time.Time, lang string) chat.Message {
	w := in(lang)
	return w.notice(chat.Warning, w.SayOf("“%[1]s” posted nothing at %[2]s: the bot was not running.", subscription, w.Zoned(at, at.Location())))
}

// SlotFailed tells admins that a slot ended without all of its posts.
func SlotFailed(subscription string, at time.Time, reason, lang string) chat.Message {
	w := in(lang)
	return w.notice(chat.Failure, w.SayOf("“%[1]s” failed at %[2]s: %[3]s.", subscription, w.Zoned(at, at.Location()), w.Reason(reason)))
}

// SlotWell tells admins that slots end normally again.
func SlotWell(subscription, lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Info, w.Say("“%s” posts again.", subscription))
}

// ChannelBlocked tells admins that the platform refuses a channel.
func ChannelBlocked(c chat.Channel, reason, lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Failure, w.Say("%[1]s takes no posts: %[2]s. The bot keeps them and posts them as soon as it can.", c.String(), w.Reason(reason)))
}

// ChannelTakes tells admins that a channel accepts posts again.
func ChannelTakes(c chat.Channel, lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Info, w.Say("%s takes posts again.", c.String()))
}

// AdapterBlocked tells admins that a platform refuses the bot's account.
func AdapterBlocked(adapter, reason, lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Failure, w.Say("%[1]s refuses the bot's account: %[2]s. The bot keeps its posts and posts them as soon as it can. A new token needs a restart.", adapter, w.Reason(reason)))
}

// AdapterTakes tells admins that a platform accepts the bot's account again.
func AdapterTakes(adapter, lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Info, w.Say("%s accepts the bot's account again.", adapter))
}

// CommandsLost tells admins that people on a platform can no longer give commands.
func CommandsLost(adapter, reason, lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Failure, w.Say("%[1]s receives no commands: %[2]s. Posts go on. Restart digestbot when that is fixed.", adapter, w.Reason(reason)))
}

// CommandsHeard tells admins that people on a platform can give commands again.
func CommandsHeard(adapter, lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Info, w.Say("%s receives commands again.", adapter))
}

// LibraryLost tells admins that nothing new is read, and why.
func LibraryLost(reason, lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Failure, w.Say("The library cannot be read: %s. No new digests arrive until that is fixed; those already read stay available.", reason))
}

// LibraryBack tells admins that the library can be read again.
func LibraryBack(lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Info, w.Say("The library can be read again."))
}

// Held tells admins that they have to decide about a post, and how.
func Held(title string, c chat.Channel, key, reason, lang string) chat.Message {
	w := in(lang)
	m := w.remark(chat.Failure, w.Say("“%[1]s” for %[2]s is held: %[3]s.", title, c.String(), w.Reason(reason)))
	m.Blocks = append(m.Blocks, chat.List{Items: []chat.Text{
		w.SayOf("If it is missing, send it again: %s", chat.Span{Text: chat.Line("digest", "release", key), Style: chat.Code}),
		w.SayOf("If it is there, or you do not want it: %s", chat.Span{Text: chat.Line("digest", "forget", key), Style: chat.Code}),
	}}, w.decisions(key))
	return m
}

// Abridged tells admins that only the headlines of a digest were posted, because the whole
// of it would have taken that many messages.
func Abridged(title string, messages int, adapter, lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Warning, w.Say("“%[2]s” needs %[1]d messages on %[3]s, more than the subscription's max_parts. The bot posted its headlines; a button opens the rest.", messages, title, adapter))
}

// NotUnderstood tells admins that nothing is posted for a subscription, because one of its
// settings cannot be read; an empty name means all of them.
func NotUnderstood(subscription, setting, value, lang string) chat.Message {
	w := in(lang)
	if setting == "" {
		return w.remark(chat.Failure, w.Say("“%s” posts nothing: the bot cannot read its settings. Make the subscription again with /digest subscribe.", subscription))
	}
	return w.remark(chat.Failure, w.Say("“%[1]s” posts nothing: the bot no longer understands “%[3]s” as its setting %[2]s. Make the subscription again with /digest subscribe.", subscription, setting, chat.MaskValue(value)))
}

// NothingToday tells readers that a slot ended without a digest.
func NothingToday(lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Info, w.Say("There is no digest this time."))
}

// NoNews tells readers that a slot ended with a digest without stories, and where it can be
// read. d is nil if the digest has left the library since.
func NoNews(d *digest.Card, lang string) chat.Message {
	if d == nil {
		return in(lang).remark(chat.Info, in(lang).Say("There is no news today."))
	}
	w := in(lang, d.Language)
	says := chat.Plain(w.Say("There is no news today."))
	if d.URL != "" {
		says = w.SayOf("%[1]s %[2]s", says[0], chat.Span{Text: w.Say("Read on the site"), URL: d.URL})
	}
	return w.notice(chat.Info, says)
}

// Summary returns the text of a notice, in one line.
func Summary(m chat.Message) string {
	for _, b := range m.Blocks {
		if n, ok := b.(chat.Notice); ok {
			return n.Text.String()
		}
	}
	return m.Title
}
