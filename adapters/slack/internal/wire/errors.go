package wire

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/bot/chat"
)

// Refusal is Slack's way to refuse a request, with HTTP status 200. Every
// answer embeds it; on success, it is empty.
type Refusal struct {
	OK       bool   `json:"ok"`
	Code     string `json:"error"`
	Needed   string `json:"needed"`
	Provided string `json:"provided"`
	Details  struct {
		Messages []string `json:"messages"`
		Cursor   string   `json:"next_cursor"` // of the next page
	} `json:"response_metadata"`
}

func (r *Refusal) refused() *Refusal { return r }

// Error returns the code, with Slack's explanation and what to do about it.
func (r Refusal) Error() string {
	var b strings.Builder
	b.WriteString(r.Code)
	if r.Needed != "" {
		fmt.Fprintf(&b, " (needed: %s; provided: %s)", r.Needed, r.Provided)
	}
	for _, m := range r.Details.Messages {
		b.WriteString(" " + m)
	}
	b.WriteString(": " + classify(r.Code).words)
	return b.String()
}

// verdict is what an error code says about a method call.
type verdict struct {
	outcome chat.Outcome
	words   string        // for an operator
	wait    time.Duration // at least
}

// classify returns the verdict for an error code. An undocumented code leaves
// open whether anything was done, because after some of Slack's codes a part
// of the operation may have succeeded. Only the history can tell. Such a post
// is therefore looked for, retried if absent, and finally held, and the admins
// are told.
func classify(code string) verdict {
	if v, ok := verdicts[code]; ok {
		return v
	}
	return verdict{outcome: chat.InDoubt, words: "the bot does not know this error"}
}

// verdicts maps the error codes of all methods that the adapter calls: those
// that post, change, remove and read messages, look up channels, users and
// groups, show views, and open conversations and connections
// (https://docs.slack.dev/reference/methods/chat.postMessage#errors and
// likewise for chat.update, chat.delete, conversations.history,
// conversations.replies, conversations.info, conversations.open, users.info,
// usergroups.users.list, views.open, views.update, views.publish, auth.test and
// apps.connections.open).
var verdicts = map[string]verdict{
	// For these, Slack says that some aspect of the operation may have succeeded.
	"fatal_error":         {outcome: chat.InDoubt, words: "Slack failed halfway, and some of it may have been done"},
	"internal_error":      {outcome: chat.InDoubt, words: "Slack had an internal error, and some of it may have been done"},
	"service_unavailable": {outcome: chat.InDoubt, words: "Slack is not available, but it may have been done"},
	"update_failed":       {outcome: chat.InDoubt, words: "Slack failed to change the message, and may have changed some of it"},

	// It may work later.
	"invalid_cursor":                   {outcome: chat.Retryable, words: "the search goes on with its first page"},
	"list_record_comment_fetch_failed": {outcome: chat.Retryable, words: "Slack could not read its own comments"},
	"rate_limited":                     {outcome: chat.Retryable, words: "the bot posts too often"},
	"ratelimited":                      {outcome: chat.Retryable, words: "the bot asks too often"},
	"streaming_state_conflict":         {outcome: chat.Retryable, words: "the message is still being written"},

	// It may work later, but not soon.
	"external_channel_migrating": {outcome: chat.Retryable, words: "the channel is moving to another workspace", wait: longWait},
	"message_limit_exceeded":     {outcome: chat.Retryable, words: "the workspace has sent as many messages as its plan allows", wait: longWait},
	"org_login_required":         {outcome: chat.Retryable, words: "the workspace is moving into an Enterprise organization", wait: longWait},
	"request_timeout":            {outcome: chat.Retryable, words: "Slack got only a part of the request", wait: longWait},
	"team_added_to_org":          {outcome: chat.Retryable, words: "the workspace is moving into an Enterprise organization", wait: longWait},

	// A faulty message is no reason to give up on its channel.
	"as_user_not_supported":               {outcome: chat.RejectedPayload, words: "this app cannot post as a user"},
	"attachment_payload_limit_exceeded":   {outcome: chat.RejectedPayload, words: "the attachments are too long"},
	"block_mismatch":                      {outcome: chat.RejectedPayload, words: "the message has blocks that cannot be replaced by others"},
	"blocked_file_type":                   {outcome: chat.RejectedPayload, words: "an admin has forbidden files of this type"},
	"cant_broadcast_message":              {outcome: chat.RejectedPayload, words: "the message cannot be shown in the channel too"},
	"cant_delete_message":                 {outcome: chat.RejectedPayload, words: "the message is not the bot's own, or the workspace keeps it"},
	"cant_update_message":                 {outcome: chat.RejectedPayload, words: "the message is not the bot's own, or the workspace keeps it"},
	"compliance_exports_prevent_deletion": {outcome: chat.RejectedPayload, words: "the message is not the bot's own, or the workspace keeps it"},
	"draft_already_deleted":               {outcome: chat.RejectedPayload, words: "the draft is gone"},
	"draft_already_sent":                  {outcome: chat.RejectedPayload, words: "the draft was sent before"},
	"draft_has_conflict":                  {outcome: chat.RejectedPayload, words: "the draft is out of date"},
	"draft_not_found":                     {outcome: chat.RejectedPayload, words: "there is no such draft"},
	"duplicate_channel_not_found":         {outcome: chat.RejectedPayload, words: "the message is a copy of one in a channel that does not exist"},
	"duplicate_message_not_found":         {outcome: chat.RejectedPayload, words: "the message is a copy of one that does not exist"},
	"edit_window_closed":                  {outcome: chat.RejectedPayload, words: "the workspace's settings close a message to changes after a time"},
	"file_deleted":                        {outcome: chat.RejectedPayload, words: "the file was deleted"},
	"file_is_deleted":                     {outcome: chat.RejectedPayload, words: "the file was deleted"},
	"file_not_found":                      {outcome: chat.RejectedPayload, words: "there is no such file"},
	"file_share_limit_reached":            {outcome: chat.RejectedPayload, words: "the file was shared too often"},
	"insecure_request":                    {outcome: chat.RejectedPayload, words: "the request was not a POST"},
	"invalid_arg_name":                    {outcome: chat.RejectedPayload, words: "the request has a name that Slack does not know"},
	"invalid_arguments":                   {outcome: chat.RejectedPayload, words: "the request contains something that Slack does not accept"},
	"invalid_array_arg":                   {outcome: chat.RejectedPayload, words: "the request has a list where Slack expects text"},
	"invalid_attachments":                 {outcome: chat.RejectedPayload, words: "Slack does not accept the attachments"},
	"invalid_blocks":                      {outcome: chat.RejectedPayload, words: "Slack does not accept the blocks"},
	"invalid_blocks_format":               {outcome: chat.RejectedPayload, words: "the blocks are not well formed"},
	"invalid_charset":                     {outcome: chat.RejectedPayload, words: "the request is not UTF-8"},
	"invalid_form_data":                   {outcome: chat.RejectedPayload, words: "the request is not well formed"},
	"invalid_metadata_filter_keys":        {outcome: chat.RejectedPayload, words: "the filter of the metadata is not well formed"},
	"invalid_metadata_format":             {outcome: chat.RejectedPayload, words: "the metadata is not well formed"},
	"invalid_metadata_schema":             {outcome: chat.RejectedPayload, words: "the metadata is not what Slack expects"},
	"invalid_post_type":                   {outcome: chat.RejectedPayload, words: "the request is not of a type that Slack accepts"},
	"invalid_ts_latest":                   {outcome: chat.RejectedPayload, words: "the end of the search is not a time"},
	"invalid_ts_oldest":                   {outcome: chat.RejectedPayload, words: "the beginning of the search is not a time"},
	"markdown_text_conflict":              {outcome: chat.RejectedPayload, words: "the message has both Markdown and blocks"},
	"max_file_sharing_exceeded":           {outcome: chat.RejectedPayload, words: "too many files are shared"},
	"message_not_found":                   {outcome: chat.RejectedPayload, words: "the message was removed"},
	"metadata_must_be_sent_from_app":      {outcome: chat.RejectedPayload, words: "metadata goes only with an app's own token"},
	"metadata_too_large":                  {outcome: chat.RejectedPayload, words: "the metadata is too long"},
	"missing_args":                        {outcome: chat.RejectedPayload, words: "the request lacks something"},
	"missing_file_data":                   {outcome: chat.RejectedPayload, words: "the file lacks something"},
	"missing_post_type":                   {outcome: chat.RejectedPayload, words: "the request does not say of what type it is"},
	"msg_blocks_too_long":                 {outcome: chat.RejectedPayload, words: "the blocks are too long"},
	"msg_too_long":                        {outcome: chat.RejectedPayload, words: "the text is too long"},
	"no_dual_broadcast_content_update":    {outcome: chat.RejectedPayload, words: "a reply cannot be changed and shown in the channel at once"},
	"no_text":                             {outcome: chat.RejectedPayload, words: "the message is empty"},
	"send_on_behalf_not_allowed":          {outcome: chat.RejectedPayload, words: "the bot may not post for that user"},
	"too_many_attachments":                {outcome: chat.RejectedPayload, words: "there are more than 100 attachments"},
	"too_many_contact_cards":              {outcome: chat.RejectedPayload, words: "there are more than 10 contact cards"},
	"too_many_users":                      {outcome: chat.RejectedPayload, words: "the request names too many users"},
	"unable_to_share_files":               {outcome: chat.RejectedPayload, words: "the files cannot be shared"},
	"user_not_found":                      {outcome: chat.RejectedPayload, words: "there is no such user"},
	"user_not_visible":                    {outcome: chat.RejectedPayload, words: "the bot cannot see that user"},

	// An error of a view or a lookup says nothing about messages.
	"duplicate_external_id": {outcome: chat.RejectedPayload, words: "there is a view of that name already"},
	"exchanged_trigger_id":  {outcome: chat.RejectedPayload, words: "the button has opened a view already"},
	"expired_trigger_id":    {outcome: chat.RejectedPayload, words: "it was pressed more than three seconds ago"},
	"hash_conflict":         {outcome: chat.RejectedPayload, words: "the view has been changed since"},
	"invalid_trigger_id":    {outcome: chat.RejectedPayload, words: "no button was pressed that could open a view"},
	"no_such_subteam":       {outcome: chat.RejectedPayload, words: "there is no such user group"},
	"not_enabled":           {outcome: chat.RejectedPayload, words: "the App Home is turned off in the app's settings: turn it on"},
	"not_found":             {outcome: chat.RejectedPayload, words: "the view was closed"},
	"plan_upgrade_required": {outcome: chat.RejectedPayload, words: "the workspace's plan has no user groups"},
	"push_limit_reached":    {outcome: chat.RejectedPayload, words: "too many views are open"},
	"view_too_large":        {outcome: chat.RejectedPayload, words: "the view is too long"},

	// Nothing can be posted there until an admin intervenes.
	"access_denied":                             {outcome: chat.RejectedChannel, words: "the bot has no access to the channel"},
	"app_access_restricted":                     {outcome: chat.RejectedChannel, words: "the workspace restricts this app"},
	"cannot_reply_to_message":                   {outcome: chat.RejectedChannel, words: "a message of this kind has no thread"},
	"cannot_dm_bot":                             {outcome: chat.RejectedChannel, words: "a bot reads no messages"},
	"channel_is_limited_access":                 {outcome: chat.RejectedChannel, words: "only some people have access to the channel"},
	"channel_not_found":                         {outcome: chat.RejectedChannel, words: "the id is wrong, or the channel is private and the bot was not invited to it"},
	"ekm_access_denied":                         {outcome: chat.RejectedChannel, words: "the admins have closed the channel to messages"},
	"invalid_thread_ts":                         {outcome: chat.RejectedChannel, words: "the message that the thread belonged to was removed"},
	"is_archived":                               {outcome: chat.RejectedChannel, words: "the channel is archived"},
	"is_inactive":                               {outcome: chat.RejectedChannel, words: "the channel is archived"},
	"messages_tab_disabled":                     {outcome: chat.RejectedChannel, words: "the app's own messages are turned off in its settings"},
	"method_not_supported_for_channel_type":     {outcome: chat.RejectedChannel, words: "this kind of conversation does not support it"},
	"no_permission":                             {outcome: chat.RejectedChannel, words: "the bot may not post there: invite it to the channel with /invite"},
	"not_in_channel":                            {outcome: chat.RejectedChannel, words: "invite the bot to the channel with /invite"},
	"posting_to_channel_denied":                 {outcome: chat.RejectedChannel, words: "the bot may not share files there"},
	"restricted_action":                         {outcome: chat.RejectedChannel, words: "a setting of the workspace keeps the bot from posting there"},
	"restricted_action_non_threadable_channel":  {outcome: chat.RejectedChannel, words: "the channel has no threads"},
	"restricted_action_read_only_channel":       {outcome: chat.RejectedChannel, words: "the channel can only be read"},
	"restricted_action_thread_locked":           {outcome: chat.RejectedChannel, words: "the admins have locked the thread"},
	"restricted_action_thread_only_channel":     {outcome: chat.RejectedChannel, words: "the channel takes replies only"},
	"slack_connect_blocked_file_type":           {outcome: chat.RejectedChannel, words: "Slack Connect does not allow files of this type there"},
	"slack_connect_canvas_sharing_blocked":      {outcome: chat.RejectedChannel, words: "Slack Connect does not allow canvases there"},
	"slack_connect_clip_sharing_blocked":        {outcome: chat.RejectedChannel, words: "Slack Connect does not allow clips there"},
	"slack_connect_file_link_sharing_blocked":   {outcome: chat.RejectedChannel, words: "Slack Connect does not allow links to files there"},
	"slack_connect_file_upload_sharing_blocked": {outcome: chat.RejectedChannel, words: "Slack Connect does not allow files there"},
	"slack_connect_lists_sharing_blocked":       {outcome: chat.RejectedChannel, words: "Slack Connect does not allow lists there"},
	"team_not_found":                            {outcome: chat.RejectedChannel, words: "the channel belongs to a workspace that does not exist: write its ID, not its name"},
	"user_disabled":                             {outcome: chat.RejectedChannel, words: "the user's account is closed"},
	"thread_not_found":                          {outcome: chat.RejectedChannel, words: "the message that the thread belonged to was removed"},

	// Nothing can be posted anywhere until an admin intervenes.
	"accesslimited":             {outcome: chat.RejectedAccount, words: "the workspace does not accept requests from this network"},
	"account_inactive":          {outcome: chat.RejectedAccount, words: "the bot or its workspace was removed: install the app again and copy its token"},
	"app_disabled":              {outcome: chat.RejectedAccount, words: "the app was turned off: turn it on among the apps of the workspace"},
	"deprecated_endpoint":       {outcome: chat.RejectedAccount, words: "Slack has closed this address of its API"},
	"enterprise_is_restricted":  {outcome: chat.RejectedAccount, words: "an Enterprise organization may not do this"},
	"forbidden_team":            {outcome: chat.RejectedAccount, words: "the workspace may not do this"},
	"invalid_auth":              {outcome: chat.RejectedAccount, words: "Slack does not accept the token: copy the current one from the settings of the app"},
	"is_bot":                    {outcome: chat.RejectedAccount, words: "the token belongs to a bot of the old kind: install the app from its manifest"},
	"link_disabled":             {outcome: chat.RejectedAccount, words: "Socket Mode is turned off: turn it on in the app's settings, and start again"},
	"method_deprecated":         {outcome: chat.RejectedAccount, words: "Slack has closed this method of its API"},
	"missing_scope":             {outcome: chat.RejectedAccount, words: "add the scope to the app and install it again"},
	"not_allowed_token_type":    {outcome: chat.RejectedAccount, words: "the token is of the wrong kind: the bot token begins with xoxb-, the app token with xapp-"},
	"not_authed":                {outcome: chat.RejectedAccount, words: "no token arrived at Slack: install the app again and copy its token"},
	"team_access_not_granted":   {outcome: chat.RejectedAccount, words: "the app is not installed in this workspace: install it"},
	"token_expired":             {outcome: chat.RejectedAccount, words: "the token is too old: turn token rotation off, install the app again and copy its token"},
	"token_revoked":             {outcome: chat.RejectedAccount, words: "the app was removed: install it again and copy its token"},
	"two_factor_setup_required": {outcome: chat.RejectedAccount, words: "the workspace asks for two-factor authentication"},
	"unknown_method":            {outcome: chat.RejectedAccount, words: "Slack does not know the method: look at api_url"},
}

// longWait is how long to wait for a workspace that is full or migrating.
const longWait = 5 * time.Minute

// ErrLimited means that Slack answered with status 429.
var ErrLimited = errors.New("Slack asks to wait")

// sdkError converts an error of the SDK to an error of this package.
func sdkError(err error) error {
	if e, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return Refusal{Code: e.Err, Needed: e.Needed, Provided: e.Provided}
	}
	return fmt.Errorf("Slack could not be asked: %w", withoutAddress(err))
}

// Permanent reports whether an error of Slack's means that retrying is useless.
func Permanent(err error) bool {
	r, ok := errors.AsType[Refusal](err)
	return ok && classify(r.Code).outcome == chat.RejectedAccount
}

// withoutAddress removes the URL from an error of the HTTP client, because a response
// URL is as secret as a token.
func withoutAddress(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
