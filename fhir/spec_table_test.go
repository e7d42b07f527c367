package fhir

// specExceptions are the samples on which we and the validating unmarshaller
// of google/fhir differ, and why.
var specExceptions = map[string]string{
	"davinci-pas-2.2.1/Parameters-PASClaimInquiryOperationResponseExample.json": "valid R4; the library cannot hold Parameters.parameter.resource",
}

// specInvalid are the samples both refuse, with a path that must be among ours.
var specInvalid = map[string]string{
	"davinci-prior-auth-ri/bundle-dtr.json":                 "Bundle.entry[4].resource.clinicalStatus",
	"davinci-prior-auth-ri/bundle-prior-auth.json":          "Bundle.entry[1].resource.insurance",
	"davinci-prior-auth-ri/claim-complete.json":             "Bundle.entry[6].resource.grouping",
	"davinci-prior-auth-ri/questionnaireresponse-dtr.json":  "QuestionnaireResponse.item[3].item[1].answer[0].integer",
	"inferno-pas-presets/ms221-approval_json_response.json": "Bundle.entry[8].resource.item[0].servicedPeriod",
	"inferno-pas-presets/ms221-denial_json_response.json":   "Bundle.entry[8].resource.item[0].servicedPeriod",
	"inferno-pas-presets/ms221-inquire_json_response.json":  "Bundle.entry[8].resource.item[0].servicedPeriod",
	"inferno-pas-presets/ms221-ms_inquire_responses.json":   "Bundle.entry[8].resource.item[0].servicedPeriod",
	"inferno-pas-presets/ms221-pended_json_response.json":   "Bundle.entry[8].resource.item[0].servicedPeriod",
}
