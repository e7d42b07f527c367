package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/pas"
)

// attachmentDoor is the channel of the updates that attachments become.
const attachmentDoor = "attachment"

// submitAttachment is POST /fhir/$submit-attachment of Da Vinci CDex
// (http://hl7.org/fhir/us/davinci-cdex/OperationDefinition/submit-attachment): what
// a payer wants to know about a pended request of the caller. It becomes an update
// of that request, in the ledger of messages and on its way to the payer before it
// is answered; the decision is not waited for. A number that leads to no request
// of the caller's about this member is not found, whatever else it may be.
func (a *API) submitAttachment(ctx context.Context, c *call) (*reply, error) {
	if a.Authorizations == nil {
		return nil, noSuchPath()
	}
	if !c.who.Partner.MaySend(submitKind) {
		return nil, denied(submitKind)
	}
	r, issues := fhir.Parse(c.body, fhir.Limits{Bytes: a.MaxBody})
	if r == nil {
		return nil, unreadableJSON(issues)
	}
	brought, issues := pas.AttachmentsOf(r)
	if issues.Errors() {
		return nil, &gateway.Fault{Op: "attachment", Code: attachmentCode(issues), Issues: issues}
	}
	auth, err := a.tracked(ctx, c, brought)
	if err != nil {
		return nil, err
	}
	key := contentKey(c.body)
	known, err := a.Authorizations.Keyed(ctx, c.who.Partner.ID, attachmentDoor, key)
	if err != nil || known != "" {
		return &reply{status: http.StatusOK, repeat: true, message: known, body: noteOutcome("The attachments are in as message %s.", known)}, err
	}
	if err := a.takesAttachments(auth); err != nil {
		return nil, err
	}
	sent, err := a.submitted(ctx, auth)
	if err != nil {
		return nil, err
	}
	body, issues := pas.AttachmentUpdate(sent, brought, strings.TrimPrefix(key, "sha256:"))
	if issues.Errors() {
		return nil, &gateway.Fault{Op: "attachment", Code: gateway.Invalid, Issues: issues}
	}
	in, err := a.Gateway.Receive(ctx, &gateway.Message{Partner: c.who.Partner.ID, Channel: attachmentDoor, Kind: submitKind, Key: key, Body: body},
		func(*gateway.Receipt) *gateway.Answer { return &gateway.Answer{Status: http.StatusOK} })
	if err != nil {
		return nil, err
	}
	if in.State == gateway.Held {
		return replyOf(&gateway.Receipt{Message: in.Message, Answer: heldAnswer(in)}), nil
	}
	return &reply{status: http.StatusOK, repeat: in.Repeat, message: in.Message.ID, body: noteOutcome("The attachments are in as message %s.", in.Message.ID)}, nil
}

func attachmentCode(issues fhir.Issues) gateway.Code {
	if slices.ContainsFunc(issues, func(i fhir.Issue) bool { return i.Severity == fhir.Error && i.Code != "not-supported" }) {
		return gateway.Invalid
	}
	return gateway.NotSupported
}

// tracked is the request that the attachments are for.
func (a *API) tracked(ctx context.Context, c *call, brought *pas.Attachments) (*gateway.Authorization, error) {
	var payers []gateway.PartnerID
	if a.Payers != nil {
		payers = a.Payers([]gateway.Identifier{brought.Payer})
	}
	if len(payers) != 1 {
		return nil, gateway.Faultf("attachment", gateway.Invalid, issue("business-rule", "Parameters.parameter:PayerId", "a payer that is not known here, or several",
			"a payer that this gateway exchanges authorizations with", "name it as the request did"))
	}
	found, err := a.Authorizations.Tracked(ctx, c.caller(), payers[0], brought.Tracking)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(f gateway.Authorization) bool {
		return !slices.ContainsFunc(f.MemberIDs, func(id gateway.Identifier) bool { return id.Value == brought.Member.Value })
	})
	if len(found) == 0 {
		return nil, gateway.Faultf("attachment", gateway.NotFound, issue("not-found", "Parameters.parameter:TrackingId", "a number that leads to no request of yours about this member",
			"the identifier of the payer's Task or CommunicationRequest, the trace number of the request, or its authorization number", "check the number, the payer and the member id"))
	}
	if i := slices.IndexFunc(found, func(f gateway.Authorization) bool { return f.State() == gateway.AuthWaiting }); i > 0 {
		return &found[i], nil
	}
	return &found[0], nil
}

// takesAttachments refuses what cannot reach the payer, or comes too late.
func (a *API) takesAttachments(auth *gateway.Authorization) error {
	if auth.State() != gateway.AuthWaiting {
		return gateway.Faultf("attachment", gateway.Invalid, issue("business-rule", "Parameters.parameter:TrackingId", "attachments to a request that is decided",
			"requests that are pended", "send an update or a new request"))
	}
	if p, ok := a.Guard.Partner(auth.Payer); ok && p.Deliver != nil && p.Deliver.Format == "x12" {
		return gateway.Faultf("attachment", gateway.NotSupported, issue("not-supported", "Parameters.parameter:PayerId", "attachments for a payer that is asked by X12",
			"payers that are asked by FHIR, and those who use the queue here: X12 275 is not written", "send the documents to the payer as its companion guide says, under the same tracking number"))
	}
	return nil
}
