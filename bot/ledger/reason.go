package ledger

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// Code is a reason why something waits, or how it ended, as the ledger stores it: a text
// that never changes, with a %s for each argument. Operators read it as it is, and the rows
// of all versions read alike. People in chat read a phrase in their language instead, from
// bot/compose. A %s at the end after a colon stands for another reason, or for the words of
// a platform.
type Code string

// The codes of deliveries and their parts.
const (
	OlderThanSubscription Code = "older than the subscription"
	OlderThanMaxAge       Code = "older than max_age when the subscription began"
	WithoutNews           Code = "a day without news: the digest has no stories"
	IsExample             Code = "an example digest of digestbot: set library.path to your own digests, or remove example: true"
	PausedBy              Code = "paused by %s"
	Unnamed               Code = "no subscription names the channel any more"
	NotInLibrary          Code = "the digest is no longer in the library"
	FileNotThere          Code = "a file is not there; it may have been moved"
	AfterRestore          Code = "the ledger is an older one, and it may have been posted since: see whether it was, else send it"
	ReleasedBy            Code = "released by %s"
	RestoredBy            Code = "restored by %s"
	ForgottenWas          Code = "forgotten by %s: %s"
	ForgottenBy           Code = "forgotten by %s"
	EndedInAttempt        Code = "the process ended during the attempt"
	EndedInCorrection     Code = "the process ended during the correction"
	CannotTell            Code = "it cannot be told whether it was posted: %s"
	CannotTellForDays     Code = "it could not be told for %s days whether it was posted: %s"
	GivenUpAfterDays      Code = "given up after %s days: %s"
	NotPostedInAttempts   Code = "it was not posted in %s attempts: %s"
	NotPosted             Code = "it was not posted: %s"
	FailsEachTime         Code = "the platform fails on it each time: %s"
	NotPublished          Code = "it was not published: %s"
	NotRendered           Code = "it cannot be rendered: %s"
	PassesNothingOn       Code = "the platform passes nothing on"
	NotCorrected          Code = "the correction failed: %s"
	LeftOut               Code = "a part was left out: the message that it belongs to was removed"
	DamagedInPost         Code = "the ledger is damaged, %s: look in the channel what stands there; if it cannot be released, forget it and post the digest with /digest resend"
	DamagedInCorrection   Code = "the ledger is damaged, %s: look in the channel what stands there; what it should say is posted anew with /digest resend"
	NoAdapter             Code = "there is no adapter \"%s\": add [adapters.%s] to config.toml"
	AdapterOff            Code = "%s is off: %s"
)

// The codes of slots.
const (
	CameLate         Code = "a digest came %s after the slot opened"
	NoneMatched      Code = "no digest that matches was there"
	NoneBeforeNext   Code = "no digest came before the next slot"
	ToldAlready      Code = "what there is was posted already"
	NotRunning       Code = "the bot was not running"
	SubscriptionGone Code = "the subscription is there no more"
	HasNoStories     Code = "“%s” has no stories"
	DamagedBundle    Code = "the ledger is damaged, what it was posted with is missing"
	// The arguments of NotAllPosted: how many were posted, of how many, one channel that
	// got nothing, and why.
	NotAllPosted Code = "%s of %s posted; %s: %s"
)

// The codes of admins' requests that cannot be carried out.
const (
	ChangesNothing  Code = "%s changes no messages now"
	LooksForNothing Code = "%s cannot look for messages now"
	NotSent         Code = "delivery %s: it is %s, not sent"
	NotReleasable   Code = "delivery %s: it is %s; what is held, has failed or waits can be released"
	NotForgettable  Code = "delivery %s: it is %s; what is held or waits for its first posting can be forgotten"
	NotSendable     Code = "delivery %s: %s, so it cannot be sent as it is: forget it and post the digest with /digest resend"
	TakenAway       Code = "digest %s: it is no longer in the library"
	NothingNoted    Code = "delivery %s: nobody noted what it says"
)

// The codes of flaws.
const (
	NoChannel       Code = "it names no channel"
	NoSuchState     Code = "its state is \"%s\", which is none"
	PartMissing     Code = "its part %s is missing"
	NoSuchPartState Code = "the state of its part %s is \"%s\", which is none"
	PartTextMissing Code = "the text of its part %s is missing"
	NoPartIs        Code = "it is %s, but none of its parts is"
	PartsMissing    Code = "its parts are missing"
	NotEnded        Code = "all of its parts are done, but it has not ended"
	PartDiffers     Code = "it is %s, but its part %s is %s"
	NotedNever      Code = "it is %s, but nobody noted since when"
	EndedAlready    Code = "it is %s, but it has ended"
)

// Short returns the code in a few words, without arguments: "given up after days" for
// "given up after %s days: %s". Several codes may share one.
func (c Code) Short() string {
	short, _, _ := strings.Cut(unfilled.Replace(string(c)), ":")
	short, _, _ = strings.Cut(short, ",")
	return strings.Join(strings.Fields(short), " ")
}

// unfilled removes the placeholders of a code.
var unfilled = strings.NewReplacer("“%s”", "", "\"%s\"", "", "%s", "")

// ShortReason returns Short of the code of a reason; "the platform's words" for a reason
// without a code, and nothing for an empty one.
func ShortReason(reason string) string {
	code, _, ok := ReadReason(reason)
	switch {
	case ok:
		return code.Short()
	case reason != "":
		return "the platform's words"
	}
	return ""
}

// Codes are all codes.
var Codes = []Code{
	OlderThanSubscription, OlderThanMaxAge, WithoutNews, IsExample, PausedBy, Unnamed, NotInLibrary, FileNotThere, AfterRestore,
	ReleasedBy, RestoredBy, ForgottenWas, ForgottenBy, EndedInAttempt, EndedInCorrection, CannotTell, CannotTellForDays,
	GivenUpAfterDays, NotPostedInAttempts, NotPosted, FailsEachTime, NotPublished, NotRendered, PassesNothingOn, NotCorrected, LeftOut,
	DamagedInPost, DamagedInCorrection, NoAdapter, CameLate, NoneMatched, NoneBeforeNext, ToldAlready, NotRunning, SubscriptionGone,
	HasNoStories, DamagedBundle, ChangesNothing, LooksForNothing, NotSent, NotReleasable, NotForgettable, NotSendable, TakenAway,
	NothingNoted, NotAllPosted, NoChannel, NoSuchState, PartMissing, NoSuchPartState, PartTextMissing, NoPartIs, PartsMissing, NotEnded,
	NotedNever, EndedAlready, PartDiffers, AdapterOff,
}

// Because returns a reason as the ledger stores it.
func Because(c Code, about ...any) string {
	for i, x := range about {
		about[i] = fmt.Sprint(x)
	}
	return fmt.Sprintf(string(c), about...)
}

// Is reports whether a reason has a code.
func (c Code) Is(reason string) bool { return c.shape().MatchString(reason) }

// ReadReason returns the code of a reason and its arguments. Words without a code, such as
// those of a platform, are returned as they are: ok is false.
func ReadReason(reason string) (c Code, about []string, ok bool) {
	for _, c := range Codes {
		if m := c.shape().FindStringSubmatch(reason); m != nil {
			return c, m[1:], true
		}
	}
	return "", nil, false
}

// shape returns an expression that matches the reasons with the code.
func (c Code) shape() *regexp.Regexp {
	if shape, ok := shapes.Load(c); ok {
		return shape.(*regexp.Regexp)
	}
	text := strings.ReplaceAll(regexp.QuoteMeta(string(c)), "%s", "(.+?)")
	shape, _ := shapes.LoadOrStore(c, regexp.MustCompile("(?s)^"+text+"$"))
	return shape.(*regexp.Regexp)
}

// shapes caches the results of shape.
var shapes sync.Map
