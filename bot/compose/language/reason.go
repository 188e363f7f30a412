package language

import (
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/ledger"
)

// Reason returns, in words for people, why something waits or how it ended. reason comes
// from the ledger or an adapter. The words of a platform stay unchanged.
func (w *Words) Reason(reason string) string {
	if len(reason) > reasonLimit {
		return reason
	}
	code, about, ok := ledger.ReadReason(reason)
	if !ok {
		if told, rest, known := w.platform(reason); known {
			if rest != "" {
				told += w.Say("; ") + w.Reason(rest)
			}
			return told
		}
		// A post that ended has the reasons of all its parts.
		if first, rest, several := strings.Cut(reason, "; "); several {
			return w.Reason(first) + w.Say("; ") + w.Reason(rest)
		}
		return reason
	}
	says := reasons[code]
	args := make([]any, len(about))
	for i, x := range about {
		switch says.about[i] {
		case 's':
			x = w.State(x)
		case 'r':
			x = w.Reason(x)
		case 't':
			x = w.took(x)
		}
		args[i] = x
	}
	return w.Say(says.phrase, args...)
}

// reasonLimit is the maximum length of a reason in bytes; a longer text is not one of our
// reasons.
const reasonLimit = 4000

// took formats a duration.
func (w *Words) took(s string) string {
	took, err := time.ParseDuration(s)
	if err != nil {
		return s
	}
	if h, m := int(took.Hours()), int(took.Minutes())%60; h > 0 {
		return w.Say("%[1]d h %[2]d min", h, m)
	}
	return w.Say("%d min", int(took.Minutes()))
}

// reasons are the phrases of the codes. about has a letter for each argument: a state, a
// duration, a reason itself, or none of these.
var reasons = map[ledger.Code]struct{ phrase, about string }{
	ledger.OlderThanSubscription: {"it was there before the subscription", ""},
	ledger.OlderThanMaxAge:       {"it was older than max_age when the subscription began", ""},
	ledger.WithoutNews:           {"it has no stories", ""},
	ledger.IsExample:             {"it is one of digestbot's examples; set library.path to your own digests, or remove example: true", ""},
	ledger.PausedBy:              {"%s paused the channel", "-"},
	ledger.Unnamed:               {"no subscription names the channel any more", ""},
	ledger.NotInLibrary:          {"the digest is no longer in the library", ""},
	ledger.FileNotThere:          {"the file is missing; it may have been moved", ""},
	ledger.AfterRestore:          {"the ledger was restored from an older copy, so this may have been posted since; look in the channel, and send it if it is missing", ""},
	ledger.ReleasedBy:            {"%s had it sent again", "-"},
	ledger.RestoredBy:            {"%s had the missing parts posted", "-"},
	ledger.ForgottenWas:          {"%[1]s dropped it; before that: %[2]s", "-r"},
	ledger.ForgottenBy:           {"%s dropped it", "-"},
	ledger.EndedInAttempt:        {"the bot stopped while posting it", ""},
	ledger.EndedInCorrection:     {"the bot stopped while correcting it", ""},
	ledger.CannotTell:            {"nobody can tell whether it was posted: %s", "r"},
	ledger.CannotTellForDays:     {"for %[1]s days nobody could tell whether it was posted: %[2]s", "-r"},
	ledger.GivenUpAfterDays:      {"the bot gave up after %[1]s days: %[2]s", "-r"},
	ledger.NotPostedInAttempts:   {"%[1]s attempts failed: %[2]s", "-r"},
	ledger.NotPosted:             {"it was not posted: %s", "r"},
	ledger.FailsEachTime:         {"the platform fails on it every time: %s", "r"},
	ledger.NotPublished:          {"it was not published to other servers: %s", "r"},
	ledger.NotRendered:           {"the platform cannot display it: %s", "r"},
	ledger.PassesNothingOn:       {"the platform publishes nothing to other servers", ""},
	ledger.NotCorrected:          {"the correction failed: %s", "r"},
	ledger.LeftOut:               {"a part was left out because somebody removed the message it belongs to", ""},
	ledger.DamagedInPost:         {"the ledger is damaged: %s. Look in the channel to see what is there. If it cannot be released, drop it and post the digest with /digest resend", "r"},
	ledger.DamagedInCorrection:   {"the ledger is damaged: %s. Look in the channel to see what is there, and post the digest again with /digest resend", "r"},
	ledger.NoAdapter:             {"config.toml has no adapter “%[1]s”; add [adapters.%[2]s]", "--"},
	ledger.AdapterOff:            {"%[1]s is off: %[2]s", "-r"},
	ledger.CameLate:              {"the digest came %s after the slot opened", "t"},
	ledger.NoneMatched:           {"no matching digest came", ""},
	ledger.NoneBeforeNext:        {"no digest came before the next slot", ""},
	ledger.ToldAlready:           {"everything had been posted already", ""},
	ledger.NotRunning:            {"the bot was not running", ""},
	ledger.SubscriptionGone:      {"the subscription was removed", ""},
	ledger.HasNoStories:          {"“%s” has no stories", "-"},
	ledger.DamagedBundle:         {"the ledger is damaged: the post that it belongs to is missing", ""},
	ledger.NotAllPosted:          {"%[1]s of %[2]s were posted; %[3]s: %[4]s", "---r"},
	ledger.ChangesNothing:        {"%s cannot change messages right now", "-"},
	ledger.LooksForNothing:       {"%s cannot look for messages right now", "-"},
	ledger.NotSent:               {"delivery %[1]s is %[2]s, not posted", "-s"},
	ledger.NotReleasable:         {"delivery %[1]s is %[2]s; only one that is held, failed or waiting can be sent again", "-s"},
	ledger.NotForgettable:        {"delivery %[1]s is %[2]s; only one that is held or waiting for its first post can be dropped", "-s"},
	ledger.NotSendable:           {"delivery %[1]s cannot be sent: %[2]s. Drop it and post the digest with /digest resend", "-r"},
	ledger.TakenAway:             {"the digest %s is no longer in the library", "-"},
	ledger.NothingNoted:          {"the ledger does not know what delivery %s says", "-"},
	ledger.NoChannel:             {"it names no channel", ""},
	ledger.NoSuchState:           {"its state “%s” does not exist", "-"},
	ledger.PartMissing:           {"part %s is missing", "-"},
	ledger.NoSuchPartState:       {"the state “%[2]s” of part %[1]s does not exist", "--"},
	ledger.PartTextMissing:       {"the text of part %s is missing", "-"},
	ledger.NoPartIs:              {"it is %s, but none of its parts is", "s"},
	ledger.PartsMissing:          {"its parts are missing", ""},
	ledger.NotEnded:              {"all its parts are done, but it has not ended", ""},
	ledger.PartDiffers:           {"it is %[1]s, but part %[2]s is %[3]s", "s-s"},
	ledger.NotedNever:            {"it is %s, but the ledger does not know since when", "s"},
	ledger.EndedAlready:          {"it is %s, but it has ended", "s"},
}

// State returns the name of a state of a delivery or of an outcome of a slot.
func (w *Words) State(s string) string {
	switch s {
	case "planned":
		return w.Say("planned")
	case "sending":
		return w.Say("being sent")
	case "in doubt":
		return w.Say("in doubt")
	case "sent", "posted":
		return w.Say("posted")
	case "failed":
		return w.Say("failed")
	case "held":
		return w.Say("held")
	case "skipped":
		return w.Say("skipped")
	case "bundled":
		return w.Say("posted with another")
	case "gone":
		return w.Say("taken away")
	case "posting":
		return w.Say("being posted")
	case "posted late":
		return w.Say("posted late")
	case "nothing to post":
		return w.Say("nothing to post")
	case "no news":
		return w.Say("no news")
	case "missed":
		return w.Say("missed")
	case "paused":
		return w.Say("paused")
	case "withdrawn":
		return w.Say("withdrawn")
	}
	return s
}
