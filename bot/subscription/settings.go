package subscription

import (
	"cmp"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/compose/language"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/schedule"
)

// Setting describes one setting of a subscription completely.
type Setting struct {
	// Name is the name in chat and in the ledger. Key is the place in [[subscription]] of
	// config.toml; it differs from Name only inside a table, as in "match.tags.any".
	Name, Key string
	// Chat is its position among the settings that chat offers, from 1; 0 means that chat
	// does not offer it. Once says that chat offers it only when a subscription is made.
	Chat int
	Once bool
	// Summary describes it in chat. Both the Summary and the name are translated.
	Summary string
	// Suggests are sample values where any value is allowed; Like is the argument that has
	// the same values, of which this is a list.
	Suggests []string
	Like     string
	// Doc describes it in .github/docs. None is the documented value if there is no
	// Default.
	Doc, None string
	// Example is a value in TOML syntax, for the config.toml that ships with the bot. Note
	// is the comment beside it. If it is Shipped, the line is active there.
	Example, Note string
	Shipped       bool
	Value
}

// Defaults that also apply where there is no subscription.
const (
	DefaultMaxAge   = 48 * time.Hour
	DefaultMaxParts = 10 // messages
)

// Settings are the settings of a subscription, except those that only adapters can check:
// its name, its channels and whom it notifies. Everything else is generated from them: the
// keys of config.toml, chat's arguments, suggestions, forms and help, what the ledger
// keeps, the table in .github/docs and the config.toml that ships with the bot. Each entry
// ends with the field that it sets. The zone is first, because the schedule is read in it.
var Settings = keyed([]Setting{
	{Name: "zone", Chat: 2, Summary: "The time zone, for example Asia/Shanghai", Suggests: zones,
		Doc: "time zone of the schedule, as in the tz database; the machine's database is used if it is newer than the one in the binary", Example: `"Asia/Shanghai"`, Shipped: true,
		Value: Value{Zero: "", Default: "UTC", Hint: "Write a time zone, for example Asia/Shanghai.", read: readZone}},
	{Name: "schedule", Chat: 1, Summary: "When, for example “weekdays 8:30”", Suggests: Schedules,
		Doc:     "when to post: days and times in words (`\"weekdays 8:30, weekends 10:00\"`, `\"mon, wed 9:00 and 18:00\"`, `\"每天 9点\"`), or the five fields of cron",
		Example: `"30 8 * * *"`, Note: `minute, hour, day of month, month, day of week; or in words: "weekdays 8:30"`, Shipped: true,
		Value: Value{Zero: "", Default: "30 8 * * *", Hint: "Write days and times, for example “weekdays 8:30”.", read: readSchedule}},
	{Name: "skip", Chat: 14, Summary: "Days to post nothing on, with commas",
		Doc: "days to post nothing on: `[\"2026-10-01/2026-10-07\"]`", None: "none", Example: `["2026-10-01/2026-10-07"]`, Note: "days to post nothing on",
		Value: dayList((*schedule.Calendar).Skip)},
	{Name: "extra", Chat: 15, Summary: "More days to post on, with commas",
		Doc:  "more days to post on, such as a work day moved to a weekend: `[\"2026-10-10\"]`; at the times of Monday to Friday, if the schedule has any",
		None: "none", Example: `["2026-10-10"]`, Note: "more days to post on", Value: dayList((*schedule.Calendar).Extra)},
	{Name: "categories", Key: "match.categories", Chat: 3, Summary: "Only digests of these categories, with commas", Like: "category",
		Doc: "post digests with any of these categories", None: "all", Example: `["tech"]`, Value: list(func(r *reading, texts []string) { r.Match.Categories = texts })},
	{Name: "tags", Key: "match.tags.any", Chat: 4, Summary: "Only digests with any of these tags, with commas", Like: "tag",
		Doc: "post digests with any of these tags; a tag of a single story does not count", None: "all", Example: `["AI", "security"]`, Value: list(func(r *reading, texts []string) { r.Match.Any = r.names.Aliases.Names(texts) })},
	{Name: "without", Key: "match.tags.none", Chat: 6, Summary: "No digests with these tags, with commas", Like: "tag",
		Doc: "post no digests with these tags", None: "all", Example: `["sports"]`, Value: list(func(r *reading, texts []string) { r.Match.None = r.names.Aliases.Names(texts) })},
	{Name: "languages", Key: "match.language", Chat: 17, Summary: "Only digests in these languages, with commas", Like: "languages",
		Doc: "post digests in any of these languages, as BCP 47 tags: `\"zh\"` includes `zh-Hans` and `zh-TW` too", None: "all", Example: `["zh"]`,
		Value: Value{Zero: []string(nil), Hint: "Write languages, for example zh or en.", read: each(readRange, func(m *Match, tags []string) { m.Languages = tags })}},
	{Name: "paths", Key: "match.path", Chat: 18, Summary: "Only digests in files of these paths, with commas",
		Doc:  "post digests whose file matches any of these patterns, relative to the library: `*` stays within a folder, `**` does not, a name without a slash matches anywhere, a folder includes everything in it, and `!` excludes: `[\"posts/ai/**\", \"!**/drafts/**\"]`",
		None: "all", Example: `["posts/ai/**", "!**/drafts/**"]`,
		Value: Value{Zero: []string(nil), Hint: "Write paths, for example posts/ai/** or !**/drafts/**.", read: each(readPattern, func(m *Match, all []Pattern) { m.Paths = all })}},
	{Name: "libraries", Key: "match.library", Chat: 19, Summary: "Only digests of these libraries, with commas", Like: "libraries",
		Doc: "post digests of any of these libraries, by `library.name`", None: "all", Example: `["news"]`,
		Value: Value{Zero: []string(nil), Hint: "Write the name of a library.", read: each(readLibrary, func(m *Match, names []string) { m.Libraries = names })}},
	{Name: "wait", Chat: 9, Summary: "How long a slot waits for a digest, for example 2h",
		Doc: "how long a slot waits if there is no digest yet", Example: `"2h"`, Note: "how long a slot waits if there is no digest yet", Shipped: true,
		Value: length(2*time.Hour, func(s *Subscription) *time.Duration { return &s.Wait })},
	{Name: "max_age", Chat: 10, Summary: "How old a digest may be, for example 48h",
		Doc:     "the maximum age of a digest when its slot opens, or when a channel begins; the web room begins with an older one too",
		Example: `"48h"`, Note: "older digests are not posted", Shipped: true,
		Value: length(DefaultMaxAge, func(s *Subscription) *time.Duration { return &s.MaxAge })},
	{Name: "on_empty", Chat: 11, Summary: "What to say when no digest came: silent or notice",
		Doc:     "what to post when no digest arrived in time, or one without news: `\"silent\"` (nothing) or `\"notice\"` (one line)",
		Example: `"notice"`, Note: "post one line when no digest arrived in time",
		Value: choice(AllOnEmpty, "%q is not a choice: write %s", func(s *Subscription, v OnEmpty) { s.OnEmpty = v })},
	{Name: "start", Chat: 16, Once: true, Summary: "Begin with the latest digest or with the next one",
		Doc:     "what a new channel gets first: `\"latest\"` (the digests of the newest day, at once) or `\"next\"` (the next digest)",
		Example: `"latest"`, Note: `a new channel gets the newest digests at once; or the "next" one first`, Shipped: true,
		Value: choice([]string{"latest", "next"}, "%q is neither: write %s, to begin with the newest digest or with the next one", func(s *Subscription, v string) { s.StartLatest = v == "latest" })},
	{Name: "style", Chat: 5, Summary: "How much of a digest: brief, full or headlines",
		Doc:     "how much of a digest to post: `\"brief\"` (the first sentence of each story, the rest one press away), `\"full\"` or `\"headlines\"`; `\"compact\"` is the former name of `brief`",
		Example: `"brief"`, Note: `the first sentence of each story; or "full", or "headlines"`, Shipped: true,
		Value: formerly(choice(compose.Styles, "%q is no style: write %s", func(s *Subscription, v compose.Style) { s.Style = v }), compose.FormerStyles)},
	{Name: "stories_shown", Chat: 20, Summary: "How many stories a brief post shows, for example 7",
		Doc:     "how many stories a brief post shows, 1 to 99: the first of each group; the rest is one press away or, with `details = \"thread\"`, in the thread",
		Example: "7", Note: "how many stories a brief post shows; the rest is one press away",
		Value: number(compose.StoriesShown, 99, "stories", func(s *Subscription) *int { return &s.Shown })},
	{Name: "details", Chat: 7, Summary: "Where the analysis goes: button, thread, inline or none",
		Doc:     "where to put analysis and conclusion: `\"button\"` (one press away), `\"thread\"` (in a thread, with the full text of a brief post), `\"inline\"` or `\"none\"`",
		Example: `"button"`, Note: `where to put the analysis; or "thread", "inline", "none"`, Shipped: true,
		Value: choice(compose.Places, "%q is no place for them: write %s", func(s *Subscription, v compose.Place) { s.Details = v })},
	{Name: "picture",
		Doc:     "show the first picture of a digest; its address must begin with `https://`, and the platform fetches it",
		Example: "true", Note: "show the first picture of a digest", Value: flag(func(s *Subscription) *bool { return &s.Picture })},
	{Name: "bundle", Chat: 13, Summary: "Several digests in one post: yes or no",
		Doc:     "put all digests of a slot into one post, each under a heading; `stories_shown` counts for all of them together, with at least one of each",
		Example: "false", Note: "post each digest of a slot by itself", Value: unless(func(s *Subscription) *bool { return &s.Bundle })},
	{Name: "max_parts",
		Doc:     "the maximum number of messages for one post, 1 to 999; a longer digest is posted as headlines, with a button to the rest",
		Example: "10", Note: "the maximum number of messages for one post",
		Value: number(DefaultMaxParts, ledger.PartLimit, "messages", func(s *Subscription) *int { return &s.MaxParts })},
	{Name: "repeats", Chat: 12, Summary: "Stories that were told before: show, mark or hide",
		Doc:     "stories whose source an earlier digest had: `\"show\"`, `\"mark\"` (↻ with a link to the earlier message) or `\"hide\"` (if this channel has seen them; they are counted)",
		Example: `"mark"`, Note: `mark stories that were posted before; or "hide" them`,
		Value: choice(AllRepeats, "%q is not a way to treat them: write %s", func(s *Subscription, v Repeats) { s.Repeats = v })},
	{Name: "repeats_within", Doc: "how far back to look for the earlier digest", Example: `"168h"`, Note: "how far back to look for them",
		Value: length(7*24*time.Hour, func(s *Subscription) *time.Duration { return &s.RepeatsWithin })},
	{Name: "corrections",
		Doc:     "how long a post follows its file: a change is made in the posted messages, with a note; `\"0h\"` turns this off",
		Example: `"48h"`, Note: `how long a post follows its file; "0h" turns this off`,
		Value: length(48*time.Hour, func(s *Subscription) *time.Duration { return &s.Corrections })},
	{Name: "publish",
		Doc:     "publish posts in a Discord announcement channel to the servers that follow it",
		Example: "true", Note: "publish posts in a Discord announcement channel", Value: flag(func(s *Subscription) *bool { return &s.Publish })},
	{Name: "language", Chat: 8, Summary: "The language of the bot's own words",
		Doc: "language of the bot's own words: `\"en\"`, `\"zh-Hans\"` or `\"zh-Hant\"`", None: "the language of each digest", Example: `"zh"`, Note: "of the bot's own words; by default that of each digest",
		Value: Value{Zero: "", Choices: language.Tags(), read: readLanguage}},
})

// zones are the suggested time zones: those with many inhabitants.
var zones = []string{
	"Asia/Shanghai", "Asia/Taipei", "Asia/Hong_Kong", "Asia/Singapore", "Asia/Tokyo", "Asia/Seoul", "Asia/Kolkata", "Europe/London", "Europe/Berlin",
	"Europe/Paris", "Europe/Moscow", "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Sao_Paulo", "Australia/Sydney", "UTC",
}

// Schedules are suggested to people who have not typed one yet.
var Schedules = []string{"weekdays 8:30", "daily 9:00", "mon, wed, fri 18:00", "weekends 10:00", "工作日 8:30", "每天 9:00"}

// Suggested reports whether there are values to suggest.
func (of Setting) Suggested() bool { return len(of.Choices)+len(of.Suggests) > 0 || of.Like != "" }

func keyed(all []Setting) []Setting {
	for i := range all {
		all[i].Key = cmp.Or(all[i].Key, all[i].Name)
	}
	return all
}

// InChat returns the settings that chat offers, in order; with those that it offers only
// when a subscription is made if made is true.
func InChat(made bool) []Setting {
	all := slices.DeleteFunc(slices.Clone(Settings), func(of Setting) bool { return of.Chat == 0 || of.Once && !made })
	slices.SortFunc(all, func(a, b Setting) int { return cmp.Compare(a.Chat, b.Chat) })
	return all
}

// SettingOf returns the named setting.
func SettingOf(name string) (Setting, bool) {
	i := slices.IndexFunc(Settings, func(of Setting) bool { return of.Name == name })
	if i < 0 {
		return Setting{}, false
	}
	return Settings[i], true
}
