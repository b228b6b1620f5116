/** The first row of each department's dashboard, as people call the figures. */
export const firstRows: Readonly<Record<string, readonly [string, string, string, string]>> = {
  FINANCE: ['Budget', 'Utilisation', 'Revenue', 'Cash flow'],
  ACCOUNTS: ['Revenue', 'Pending invoices', 'Payments', 'Balance'],
  MARKETING: ['Campaigns', 'Leads', 'Conversion', 'Reach'],
  HR: ['Employees', 'Attendance', 'Open positions', 'Satisfaction'],
  IT: ['Uptime', 'Active users', 'Open tickets', 'Database health'],
  LEGAL: ['Active cases', 'Contracts', 'Compliance score', 'Filings'],
  CUSTOMER_CARE: ['Open tickets', 'Average response', 'Resolved today', 'Satisfaction'],
  STAFF: ['Active', 'On duty', 'On leave', 'Performance'],
  FO: ['Visitors', 'Active bookings', 'Satisfaction', 'Efficiency'],
  VENDOR_LIST: ['Total vendors', 'Active', 'Pending approval', 'Performance'],
  CUSTOMER_DATA: ['Total customers', 'Active', 'Segments', 'Data quality'],
  ADVOCATE: ['Cases', 'Hearings', 'Documents', 'Win rate'],
  CA_CS: ['Audits', 'Compliance', 'Tax filings', 'Financial health'],
  DIRECTORS: ['Members', 'Meetings', 'Initiatives', 'Performance'],
  HO: ['Staff', 'Assets', 'Expenses', 'Efficiency'],
  CORPORATE: ['Locations', 'Staff', 'Budget', 'Performance'],
};
