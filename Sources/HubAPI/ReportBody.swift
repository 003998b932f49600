package import HubCore

/// Answer of `GET /api/models/OWNER/NAME/report/REVISION`.
package typealias ReportBody = ValidationReport
