/// Names of the facts in ``CallRecord/context`` that the prompts know by heart.
///
/// Any other name is shown to the model as well, after these, with its underscores as spaces.
package enum PromptContextKey: String, Sendable, CaseIterable {
    // `lead_details` of `POST /v1/calls`.
    case serviceCategory = "service_category"
    case problemText = "problem_text"
    case urgency
    case budgetMax = "budget_max"
    case locationZIP = "location_zip"
    // `business_details`.
    case businessName = "business_name"
    case businessPhoneNumber = "business_phone_number"

    /// How the model reads it.
    var label: String {
        switch self {
        case .serviceCategory: "Kind of service"
        case .problemText: "Problem, in the customer's words"
        case .urgency: "Urgency"
        case .budgetMax: "Budget, at most"
        case .locationZIP: "Place of the work (ZIP code)"
        case .businessName: "Business that we call for"
        case .businessPhoneNumber: "Telephone number of the business"
        }
    }
}
