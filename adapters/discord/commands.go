package discord

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/discord/internal/render"
	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// command is an application command, or an option of one, with the fields
// that the bot sets. Localizations are keyed by Discord's locales.
type command struct {
	Type         int               `json:"type"`
	Name         string            `json:"name"`
	Names        map[string]string `json:"name_localizations,omitempty"`
	Description  string            `json:"description"`
	Descriptions map[string]string `json:"description_localizations,omitempty"`
	Required     bool              `json:"required,omitempty"`
	Autocomplete bool              `json:"autocomplete,omitempty"`
	Options      []command         `json:"options,omitempty"`
}

// Limits of commands: characters of a description and of a whole command, options
// of a command or a verb, and commands in the context menu of messages.
// https://docs.discord.com/developers/interactions/application-commands
const (
	summaryLimit = 100
	commandSize  = 8000
	optionsLimit = 25
	onPostsLimit = 15
)

// validName reports whether a name follows Discord's rules in every language; letters must be
// lower case.
// https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-naming
func validName(s string) bool {
	n := 0
	for _, r := range s {
		if r != '-' && r != '_' && r != '\'' && !unicode.In(r, unicode.Letter, unicode.Number, unicode.Devanagari, unicode.Thai) {
			return false
		}
		n++
	}
	return 1 <= n && n <= 32
}

// locales maps language tags to Discord's locales.
// https://docs.discord.com/developers/reference#locales
var locales = map[string][]string{
	"zh-Hans": {"zh-CN"}, "zh-Hant": {"zh-TW"}, "zh": {"zh-CN"}, "en": {"en-US", "en-GB"}, "es": {"es-ES", "es-419"}, "pt": {"pt-BR"}, "sv": {"sv-SE"},
	"ar": {"ar"}, "bg": {"bg"}, "cs": {"cs"}, "da": {"da"}, "de": {"de"}, "el": {"el"}, "en-GB": {"en-GB"}, "en-US": {"en-US"},
	"es-419": {"es-419"}, "es-ES": {"es-ES"}, "fi": {"fi"}, "fr": {"fr"}, "he": {"he"}, "hi": {"hi"}, "hr": {"hr"}, "hu": {"hu"}, "id": {"id"},
	"it": {"it"}, "ja": {"ja"}, "ko": {"ko"}, "lt": {"lt"}, "nl": {"nl"}, "no": {"no"}, "pl": {"pl"}, "pt-BR": {"pt-BR"}, "ro": {"ro"},
	"ru": {"ru"}, "sv-SE": {"sv-SE"}, "th": {"th"}, "tr": {"tr"}, "uk": {"uk"}, "vi": {"vi"}, "zh-CN": {"zh-CN"}, "zh-TW": {"zh-TW"},
}

// translator converts our commands to Discord's.
type translator struct {
	summaries int // maximum number of characters of a description
	skipped   []string
}

// skip records, for the log, something that Discord does not support.
func (t *translator) skip(format string, args ...any) {
	t.skipped = append(t.skipped, fmt.Sprintf(format, args...))
}

// slashCommand converts a chat.Command to Discord's form, and lists what Discord
// does not support. If the whole command is too long, descriptions are shortened.
func slashCommand(root chat.Command) (command, []string) {
	for limit := summaryLimit; ; limit -= 10 {
		t := translator{summaries: limit}
		c := t.command(root, int(discordgo.ChatApplicationCommand))
		if c.characters() <= commandSize || limit <= 10 {
			return c, t.skipped
		}
	}
}

// messageCommands returns the commands in the context menu of messages, for the verbs
// that are given there, up to Discord's limit. They have no description.
// https://docs.discord.com/developers/interactions/application-commands#message-commands
func messageCommands(root chat.Command) (all []command, lost []string) {
	var t translator
	for _, verb := range root.Pointing() {
		c := command{Type: int(discordgo.MessageApplicationCommand), Name: verb.OnPost, Names: map[string]string{}}
		for _, tag := range languageTags(verb.OnPosts) {
			for _, l := range locales[tag] {
				c.Names[l] = verb.OnPosts[tag]
			}
		}
		if len(all) == onPostsLimit {
			t.skip("%s is left out of the menu of messages, which has %d commands", c.Name, onPostsLimit)
			continue
		}
		all = append(all, c)
	}
	return all, t.skipped
}

// registration returns all commands to register, the slash command first, and lists
// what Discord does not support.
func registration(root chat.Command) (want []command, lost []string) {
	slash, lost := slashCommand(root)
	menu, left := messageCommands(root)
	return append([]command{slash}, menu...), append(lost, left...)
}

// characters counts the characters that count towards the limit: of each text, the longest
// language.
// https://docs.discord.com/developers/interactions/application-commands#slash-commands
func (c command) characters() int {
	longest := func(s string, others map[string]string) int {
		n := utf8.RuneCountInString(s)
		for _, o := range others {
			n = max(n, utf8.RuneCountInString(o))
		}
		return n
	}
	n := longest(c.Name, c.Names) + longest(c.Description, c.Descriptions)
	for _, o := range c.Options {
		n += o.characters()
	}
	return n
}

// command converts a command or a verb: a verb becomes a subcommand, a verb
// with verbs of its own a subcommand group, and an argument a string option.
// Hidden verbs and arguments are left out.
func (t *translator) command(c chat.Command, kind int) command {
	out := t.named(kind, c.Name, c.Summary, c.Names, c.Summaries)
	for _, sub := range c.Subs {
		if sub.Hidden {
			continue
		}
		kind := discordgo.ApplicationCommandOptionSubCommand
		if len(sub.Subs) > 0 {
			kind = discordgo.ApplicationCommandOptionSubCommandGroup
		}
		out.Options = append(out.Options, t.command(sub, int(kind)))
	}
	for _, arg := range c.Args {
		if arg.Hidden {
			continue
		}
		o := t.named(int(discordgo.ApplicationCommandOptionString), arg.Name, arg.Summary, arg.Names, arg.Summaries)
		o.Required, o.Autocomplete = arg.Required, arg.Suggest
		out.Options = append(out.Options, o)
	}
	// Required options must come first, whatever their order in the line.
	slices.SortStableFunc(out.Options, func(a, b command) int {
		switch {
		case a.Required == b.Required:
			return 0
		case a.Required:
			return -1
		default:
			return 1
		}
	})
	if n := len(out.Options); n > optionsLimit {
		for _, o := range out.Options[optionsLimit:] {
			t.skip("%s has %d options, and Discord takes %d: %s is left out", out.Name, n, optionsLimit, o.Name)
		}
		out.Options = out.Options[:optionsLimit]
	}
	dropDuplicateNames(t, out.Options)
	return out
}

// named returns a command or an option with its names and descriptions.
func (t *translator) named(kind int, name, summary string, names, summaries map[string]string) command {
	out := command{Type: kind, Name: strings.ToLower(name), Description: t.summary(summary, name), Names: map[string]string{}, Descriptions: map[string]string{}}
	for _, tag := range languageTags(names) {
		local := strings.ToLower(names[tag])
		switch {
		case !validName(local):
			t.skip("%s is called %q in %s, which cannot be a name on Discord: letters and numbers without spaces, 32 at the most", out.Name, names[tag], tag)
		case locales[tag] == nil:
			t.skip("%s has a name in %s, which Discord does not know", out.Name, tag)
		default:
			for _, l := range locales[tag] {
				out.Names[l] = local
			}
		}
	}
	for _, tag := range languageTags(summaries) {
		for _, l := range locales[tag] {
			out.Descriptions[l] = t.summary(summaries[tag], name)
		}
	}
	return out
}

// languageTags returns the language tags of translations, regional ones last,
// because they override the language as a whole.
func languageTags(words map[string]string) []string {
	tags := make([]string, 0, len(words))
	for tag := range words {
		tags = append(tags, tag)
	}
	slices.SortFunc(tags, func(a, b string) int {
		return cmp.Or(len(locales[b])-len(locales[a]), len(a)-len(b), strings.Compare(a, b))
	})
	return tags
}

// dropDuplicateNames removes local names that another option already has, because
// Discord rejects them.
func dropDuplicateNames(t *translator, options []command) {
	taken := map[string]bool{}
	for _, o := range options {
		for _, l := range languageTags(o.Names) {
			if key := l + " " + o.Names[l]; taken[key] {
				t.skip("%s is called %s in %s, as another one is", o.Name, o.Names[l], l)
				delete(o.Names, l)
			} else {
				taken[key] = true
			}
		}
	}
}

// summary returns a description, which must be short and not empty.
func (t *translator) summary(s, name string) string {
	return cmp.Or(render.Label(s, t.summaries), name)
}

// commandsEndpoint returns the endpoint of a server's commands, or of the global
// commands if guild is empty.
func commandsEndpoint(app, guild string) string {
	if guild == "" {
		return discordgo.EndpointApplicationGlobalCommands(app)
	}
	return discordgo.EndpointApplicationGuildCommands(app, guild)
}

// samePlace reports whether two commands occupy the same place: they have the same name and
// type.
func (c command) samePlace(other command) bool { return c.Name == other.Name && c.Type == other.Type }

// register registers the commands in one request, and only if they differ from
// Discord's, because creating commands counts towards a daily limit. If the
// slash command is new in its place, it may still be registered elsewhere, from
// before a configuration change. It is removed there first, so that it never
// appears twice and the next start can recover from an interruption.
func (l *listener) register(ctx context.Context, app string) error {
	want, lost := registration(l.root)
	slash := want[0]
	for _, s := range lost {
		l.log.Warn("discord: a command cannot be registered as it is", "adapter", l.name, "problem", s)
	}
	var have []command
	if err := l.rest.Call(ctx, http.MethodGet, commandsEndpoint(app, l.guild)+"?with_localizations=true", nil, &have); err != nil {
		return fmt.Errorf("commands: %w", err)
	}
	if equalCommands(have, want) {
		return nil
	}
	if !slices.ContainsFunc(have, func(c command) bool { return c.samePlace(slash) }) {
		if err := l.unregister(ctx, app, want); err != nil {
			return fmt.Errorf("commands elsewhere: %w", err)
		}
	}
	if err := l.rest.Call(ctx, http.MethodPut, commandsEndpoint(app, l.guild), want, nil); err != nil {
		return fmt.Errorf("commands: %w", err)
	}
	return nil
}

// unregister removes our commands from everywhere except the configured
// place.
func (l *listener) unregister(ctx context.Context, app string, ours []command) error {
	places, err := l.servers(ctx)
	if err != nil {
		return err
	}
	for _, guild := range append(places, "") {
		if guild == l.guild {
			continue
		}
		var have []struct {
			ID string `json:"id"`
			command
		}
		err := l.rest.Call(ctx, http.MethodGet, commandsEndpoint(app, guild), nil, &have)
		if refusal, ok := errors.AsType[*wire.APIError](err); ok && (refusal.Status == http.StatusForbidden || refusal.Status == http.StatusNotFound) {
			continue // the bot never had commands in this server
		}
		if err != nil {
			return err
		}
		for _, c := range have {
			if !slices.ContainsFunc(ours, c.samePlace) {
				continue
			}
			if err := l.rest.Call(ctx, http.MethodDelete, commandsEndpoint(app, guild)+"/"+c.ID, nil, nil); err != nil {
				return err
			}
			l.log.Info("discord: a command was removed where it is no longer wanted", "adapter", l.name, "server", cmp.Or(guild, "all"))
		}
	}
	return nil
}

// servers returns the ids of the servers that the bot is in.
// https://docs.discord.com/developers/resources/user#get-current-user-guilds
func (l *listener) servers(ctx context.Context) (ids []string, err error) {
	const limit = 200
	for after := "0"; ; after = ids[len(ids)-1] {
		var page []struct {
			ID string `json:"id"`
		}
		if err := l.rest.Call(ctx, http.MethodGet, discordgo.EndpointUserGuilds("@me")+fmt.Sprintf("?limit=%d&after=%s", limit, after), nil, &page); err != nil {
			return nil, err
		}
		for _, g := range page {
			ids = append(ids, g.ID)
		}
		if len(page) < limit {
			return ids, nil
		}
	}
}

// equalCommands compares commands as Discord reads them, in any order.
func equalCommands(a, b []command) bool {
	sorted := func(all []command) []command {
		return slices.SortedFunc(slices.Values(all), func(a, b command) int { return cmp.Or(a.Type-b.Type, strings.Compare(a.Name, b.Name)) })
	}
	a, b = sorted(a), sorted(b)
	left, err := layout.JSON(a)
	right, err2 := layout.JSON(b)
	return err == nil && err2 == nil && bytes.Equal(left, right)
}
