package compose

import (
	"github.com/digestbot/digestbot/bot/chat"
)

// FollowsNow answers that the user now follows a tag.
func FollowsNow(tag, lang string) chat.Message {
	w := in(lang)
	m := w.remark(chat.Info, w.Say("You follow “%s” now. You get a message when a digest of this channel has it.", tag))
	m.Blocks = append(m.Blocks, chat.Buttons{{Label: w.Say("My tags"), Line: chat.Line("digest", "following")}, w.unfollow(tag)})
	return m
}

// FollowsAlready answers that the user already follows the tag, or the maximum number of
// tags.
func FollowsAlready(tag string, already bool, lang string) chat.Message {
	w := in(lang)
	m := w.remark(chat.Warning, w.Say("You follow as many tags as the bot allows. Unfollow one first."))
	if already {
		m = w.remark(chat.Info, w.Say("You already follow “%s”.", tag))
	}
	m.Blocks = append(m.Blocks, chat.Buttons{{Label: w.Say("My tags"), Line: chat.Line("digest", "following")}})
	return m
}

// CannotFollow answers where the bot cannot send direct messages.
func CannotFollow(lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Warning, w.Say("The bot cannot send private messages on this platform, so you cannot follow tags here."))
}

// CannotFollowAtTerminal answers a user whom the bot cannot send messages, because the
// question came from a terminal.
func CannotFollowAtTerminal(lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Warning, w.Say("The bot cannot send messages to a terminal. Follow tags in chat."))
}

// Unfollowed answers that the user no longer follows a tag, and offers to undo that.
func Unfollowed(tag, back, lang string) chat.Message {
	w := in(lang)
	m := w.remark(chat.Info, w.Say("You no longer follow “%s”.", tag))
	m.Blocks = append(m.Blocks, chat.Buttons{{Label: w.Say("Follow again"), Line: back}})
	return m
}

// NotFollowed answers that the user does not follow a tag.
func NotFollowed(tag string, instead []Instead, lang string) chat.Message {
	w := in(lang)
	return w.orElse(w.remark(chat.Warning, w.Say("You do not follow “%s”.", tag)), instead)
}

// Following answers which tags the user follows.
func Following(tags []string, lang string) chat.Message {
	w := in(lang)
	if len(tags) == 0 {
		return w.remark(chat.Info, w.Say("You follow no tags in this channel. Try %s.", "/digest follow AI"))
	}
	m := w.message(w.Say("Tags that you follow here"))
	list, choose := chat.List{}, chat.Select{Label: w.Say("Unfollow a tag")}
	for _, tag := range tags {
		list.Items = append(list.Items, chat.Plain(tag))
		choose.Choices = append(choose.Choices, chat.Choice{Label: tag, Value: tag, Line: w.unfollow(tag).Line})
	}
	choose.Choices = choose.Choices[:min(listedTags, len(choose.Choices))]
	m.Blocks = []chat.Block{list, choose}
	return m
}

func (w words) unfollow(tag string) chat.Button {
	return chat.Button{Label: w.Say("Unfollow"), Line: chat.Line("digest", "unfollow", tag)}
}
