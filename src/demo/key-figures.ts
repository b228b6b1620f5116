/** What heads and deputies enter: a value between these, every so many days. */
type Entry = {
  readonly least: number;
  readonly most: number;
  readonly decimals: number;
  readonly everyDays: number;
};

/** By the codes of the key figures: each that the platform's own rows cannot give. */
export const entries: Readonly<Record<string, Entry>> = {
  finance_utilisation: weekly(62, 88, 1),
  marketing_campaigns: weekly(3, 9),
  marketing_reach: daily(1_800, 9_500),
  hr_open_positions: weekly(2, 7),
  hr_satisfaction: weekly(3.8, 4.5, 1),
  it_uptime: daily(99.2, 100, 2),
  legal_active_cases: weekly(1, 4),
  legal_contracts: weekly(52, 61),
  legal_compliance_score: weekly(91, 98, 1),
  legal_filings: weekly(0, 3),
  staff_performance: weekly(74, 90, 1),
  fo_visitors: daily(4, 35),
  advocate_cases: weekly(2, 5),
  advocate_hearings: weekly(0, 3),
  advocate_documents: weekly(1, 8),
  advocate_win_rate: weekly(58, 70, 1),
  ca_cs_audits: weekly(0, 1),
  ca_cs_compliance: weekly(93, 100, 1),
  ca_cs_tax_filings: weekly(0, 2),
  ca_cs_financial_health: weekly(71, 84, 1),
  directors_meetings: weekly(0, 2),
  directors_initiatives: weekly(4, 7),
  directors_performance: weekly(68, 85, 1),
  ho_assets: weekly(41_000_000, 43_000_000),
  ho_expenses: weekly(180_000, 420_000),
  ho_efficiency: weekly(76, 92, 1),
  corporate_performance: weekly(68, 85, 1),
};

/** What entered and computed figures should be. */
export const targets: Readonly<Record<string, number>> = {
  finance_utilisation: 85,
  marketing_reach: 150_000,
  hr_attendance: 95,
  hr_open_positions: 3,
  hr_satisfaction: 4.2,
  it_uptime: 99.9,
  legal_compliance_score: 95,
  customer_care_average_response: 4,
  customer_care_satisfaction: 4.5,
  staff_performance: 85,
  fo_efficiency: 90,
  fo_visitors: 500,
  advocate_win_rate: 65,
  ca_cs_compliance: 98,
  directors_performance: 80,
  ho_expenses: 1_200_000,
  ho_efficiency: 85,
  corporate_performance: 80,
  ops_efficiency: 90,
};

/** Rupees that each department may spend in a year. */
export const budgets: Readonly<Record<string, number>> = {
  FINANCE: 6_000_000,
  ACCOUNTS: 4_500_000,
  MARKETING: 18_000_000,
  HR: 5_000_000,
  IT: 15_000_000,
  LEGAL: 3_500_000,
  CUSTOMER_CARE: 9_000_000,
  STAFF: 2_000_000,
  FO: 7_500_000,
  VENDOR_LIST: 4_000_000,
  CUSTOMER_DATA: 2_500_000,
  ADVOCATE: 3_000_000,
  CA_CS: 2_800_000,
  DIRECTORS: 8_000_000,
  HO: 12_000_000,
  CORPORATE: 10_000_000,
  ADMIN: 3_200_000,
  OPS: 14_000_000,
};

function daily(least: number, most: number, decimals = 0): Entry {
  return { least, most, decimals, everyDays: 1 };
}

function weekly(least: number, most: number, decimals = 0): Entry {
  return { least, most, decimals, everyDays: 7 };
}
