package wire

import (
	"strings"
	"testing"

	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
)

// outcomes lists all codes documented for the methods that the adapter calls,
// and those common to every method; the last one in doubt is undocumented.
var outcomes = map[chat.Outcome]string{
	chat.InDoubt: "fatal_error internal_error service_unavailable update_failed a_code_of_next_year",
	chat.Retryable: "message_limit_exceeded org_login_required rate_limited ratelimited request_timeout team_added_to_org " +
		"external_channel_migrating invalid_cursor list_record_comment_fetch_failed streaming_state_conflict",
	chat.RejectedChannel: "access_denied app_access_restricted cannot_reply_to_message channel_not_found ekm_access_denied " +
		"is_archived messages_tab_disabled no_permission not_in_channel restricted_action " +
		"restricted_action_non_threadable_channel restricted_action_read_only_channel restricted_action_thread_locked " +
		"restricted_action_thread_only_channel slack_connect_canvas_sharing_blocked " +
		"slack_connect_file_link_sharing_blocked slack_connect_lists_sharing_blocked team_not_found " +
		"channel_is_limited_access invalid_thread_ts is_inactive method_not_supported_for_channel_type posting_to_channel_denied " +
		"cannot_dm_bot user_disabled " +
		"slack_connect_blocked_file_type slack_connect_clip_sharing_blocked slack_connect_file_upload_sharing_blocked thread_not_found",
	chat.RejectedAccount: "accesslimited account_inactive app_disabled deprecated_endpoint enterprise_is_restricted forbidden_team " +
		"invalid_auth is_bot link_disabled method_deprecated missing_scope not_allowed_token_type not_authed team_access_not_granted " +
		"token_expired token_revoked two_factor_setup_required unknown_method",
	chat.RejectedPayload: "as_user_not_supported attachment_payload_limit_exceeded draft_already_deleted draft_already_sent " +
		"draft_has_conflict draft_not_found duplicate_channel_not_found duplicate_message_not_found insecure_request " +
		"invalid_arg_name invalid_arguments invalid_array_arg invalid_blocks invalid_blocks_format invalid_charset " +
		"invalid_form_data invalid_metadata_format invalid_metadata_schema invalid_post_type markdown_text_conflict " +
		"metadata_must_be_sent_from_app metadata_too_large missing_args missing_file_data missing_post_type msg_blocks_too_long " +
		"msg_too_long no_text send_on_behalf_not_allowed too_many_attachments too_many_contact_cards too_many_users " +
		"block_mismatch blocked_file_type cant_broadcast_message cant_delete_message cant_update_message " +
		"compliance_exports_prevent_deletion edit_window_closed file_deleted file_is_deleted file_not_found " +
		"file_share_limit_reached invalid_attachments invalid_metadata_filter_keys invalid_ts_latest invalid_ts_oldest " +
		"max_file_sharing_exceeded message_not_found no_dual_broadcast_content_update unable_to_share_files " +
		"user_not_found user_not_visible " +
		"duplicate_external_id exchanged_trigger_id expired_trigger_id hash_conflict invalid_trigger_id no_such_subteam " +
		"not_enabled not_found plan_upgrade_required push_limit_reached view_too_large",
}

func TestOutcomeOfEveryCode(t *testing.T) {
	c, fake := open(t)
	known := map[string]bool{}
	for want, codes := range outcomes {
		for code := range strings.FieldsSeq(codes) {
			known[code] = true
			fake.Fail("chat.postMessage", slackfake.Refused(code))
			err := post(t, c)
			if got := chat.OutcomeOf(err); err == nil || got != want {
				t.Errorf("%s: got %v (%v), want %v", code, got, err, want)
				continue
			}
			if words := classify(code).words; words == "" || !strings.Contains(err.Error(), code+": "+words) {
				t.Errorf("%s: an operator cannot read it in %q", code, err)
			}
		}
	}
	for code := range verdicts {
		if !known[code] {
			t.Errorf("%s: no test says what it is", code)
		}
	}
	if n := len(fake.Messages(slackfake.General)); n != 0 {
		t.Errorf("%d messages were posted", n)
	}
}

func TestErrorsHelp(t *testing.T) {
	c, fake := open(t)
	fake.Fail("chat.postMessage", slackfake.Fault{Status: 200, Body: `{"ok":false,"error":"missing_scope","needed":"chat:write","provided":"commands"}`})
	err := post(t, c)
	for _, want := range []string{"chat:write", "provided: commands", "install it again"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %q", err, want)
		}
	}
	_, err = c.PostMessage(t.Context(), slackfake.General, []byte(`{"channel":"`+slackfake.General+`","text":"x","blocks":[{"type":"card"}]}`))
	if err == nil || !strings.Contains(err.Error(), "[json-pointer:/blocks/0]") {
		t.Errorf("got %v, want the place of what is wrong", err)
	}
}
